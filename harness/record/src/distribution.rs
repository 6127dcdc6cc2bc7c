//! Distributions as text, and back: what comes from a child or a file is not to be trusted, so
//! nothing is allocated or computed before its bounds are known.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use serde::{Deserialize, Serialize};

/// A distribution of nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Distribution {
    /// The name that the workload declares.
    pub name: String,
    /// Values recorded.
    pub count: u64,
    /// An HdrHistogram in its V2 encoding, not deflated, in base64, with or without padding; at
    /// most three significant digits.
    pub histogram: String,
}

/// The first word of a V2 histogram that is not deflated.
const V2_COOKIE: u32 = 0x1c84_9303 | 0x10;

/// Cookie, length, offset, digits: 4 bytes each; lowest, highest, ratio: 8 bytes each.
const HEADER_BYTES: usize = 40;

/// Three significant digits over all of `u64` take 450 KB.
const MAX_DIGITS: u32 = 3;

/// No run records that many values; below it no sum overflows.
const MAX_COUNT: u64 = 1 << 53;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Distribution {
    /// Makes the text form of `histogram`.
    ///
    /// # Panics
    /// Never: a histogram always serialises into memory.
    #[must_use]
    pub fn of(name: &str, histogram: &Histogram<u64>) -> Self {
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(histogram, &mut bytes)
            .expect("a histogram always serialises into memory");
        Self { name: name.into(), count: histogram.len(), histogram: BASE64.encode(bytes) }
    }

    /// Reads the histogram; safe for text from anywhere.
    ///
    /// # Errors
    /// The mistake in the text.
    pub fn decode(&self) -> Result<Histogram<u64>, String> {
        let bytes =
            BASE64.decode(&self.histogram).map_err(|error| format!("no base64: {error}"))?;
        check_header(&bytes)?;
        let histogram: Histogram<u64> = Deserializer::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(|error| format!("no histogram: {error}"))?;
        if histogram.len() != self.count || self.count > MAX_COUNT {
            return Err(format!("holds {} values, says {}", histogram.len(), self.count));
        }
        Ok(histogram)
    }
}

/// Checks the length and the smallest integer before the decoder, which believes the header,
/// allocates the one and negates the other (which overflows).
fn check_header(bytes: &[u8]) -> Result<(), String> {
    let word = |at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
    };
    let high = bytes.get(24..32).and_then(|high| Some(u64::from_be_bytes(high.try_into().ok()?)));
    let payload_bytes = bytes.len().saturating_sub(HEADER_BYTES);
    if word(0) != Some(V2_COOKIE) {
        return Err("no histogram in the V2 encoding".into());
    }
    if word(4).map(|length| length as usize) != Some(payload_bytes) {
        return Err(format!("{payload_bytes} bytes of payload, but it says otherwise"));
    }
    if word(12).is_none_or(|digits| digits > MAX_DIGITS) {
        return Err(format!("more than {MAX_DIGITS} significant digits"));
    }
    if high.is_none_or(|high| high > 1 << 62) {
        return Err("a highest value beyond 2^62".into());
    }
    if bytes.windows(9).any(|nine| nine == [0xFF; 9]) {
        return Err("a run of empty counts that is longer than any histogram".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tminus_contract::resources::histogram;

    use super::*;

    fn example() -> Distribution {
        let mut values = histogram();
        values.saturating_record(1_000);
        values.saturating_record(2_000_000);
        Distribution::of("lateness", &values)
    }

    #[test]
    fn comes_back_as_it_was() {
        let decoded = example().decode().unwrap();
        assert_eq!(decoded.len(), 2);
        assert!(decoded.equivalent(decoded.max(), 2_000_000));
    }

    #[test]
    fn a_count_that_lies_is_refused() {
        let lying = Distribution { count: 3, ..example() };
        assert_eq!(lying.decode().unwrap_err(), "holds 2 values, says 3");
    }

    #[test]
    fn padding_is_allowed_and_nonsense_is_not() {
        let mut padded = example();
        while !padded.histogram.len().is_multiple_of(4) {
            padded.histogram.push('=');
        }
        assert!(padded.decode().is_ok());
        let nonsense = Distribution { histogram: "~".into(), ..example() };
        assert!(nonsense.decode().unwrap_err().starts_with("no base64"));
    }

    #[test]
    fn a_length_that_would_allocate_gigabytes_is_refused() {
        let mut bytes = BASE64.decode(example().histogram).unwrap();
        bytes[4..8].copy_from_slice(&[0xFF; 4]);
        let huge = Distribution { histogram: BASE64.encode(bytes), ..example() };
        assert!(huge.decode().unwrap_err().contains("bytes of payload"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(position in 0_usize..60, new: [u8; 9], count: u64) {
            let mut bytes = BASE64.decode(example().histogram).unwrap();
            for (offset, byte) in new.into_iter().enumerate() {
                if let Some(place) = bytes.get_mut(position + offset) {
                    *place = byte;
                }
            }
            let hostile = Distribution { count, histogram: BASE64.encode(bytes), ..example() };
            if let Ok(histogram) = hostile.decode() {
                let _ = histogram.value_at_quantile(0.99);
            }
        }
    }
}
