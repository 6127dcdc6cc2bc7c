//! Records in, text and pictures out; all rounding happens here.
