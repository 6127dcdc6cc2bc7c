// Numbers, as reports/src/words/number.rs rounds them.

const SCALES = {
  ns: [[' s', 1e9], [' ms', 1e6], [' µs', 1e3], [' ns', 1]],
  bytes: [[' GiB', 1073741824], [' MiB', 1048576], [' KiB', 1024], [' B', 1]],
  ratio: [['', 1]],
  count: [[' M', 1e6], [' k', 1e3], ['', 1]],
};
const NO_NUMBER = '– (no number)', OUT_OF_RANGE = '– (out of range)';
const LARGEST = 1e15, ENDLESS = 1e6;
const power = (value) => Math.floor(Math.log10(Math.abs(value)));

// The power of ten of the last digit that the interval allows; at most three digits.
function place(value, ends) {
  if (value === 0) return 0;
  let width = 0;
  if (ends) {
    const below = value - ends[0], above = ends[1] - value;
    width = below > 0 && above > 0 ? Math.min(below, above) : Math.max(below, above);
  }
  const top = power(value);
  const allowed = width > 0 && isFinite(width) ? power(width) : -Infinity;
  return Math.max(Math.min(Math.max(top - 2, allowed), top), -9);
}

function atPlace(value, digit, towards) {
  const unit = 10 ** digit;
  let steps = value / unit;
  steps = Math.abs(steps - Math.round(steps)) < 1e-6 ? Math.round(steps) : towards(steps);
  return (steps * unit).toFixed(Math.max(0, -digit));
}

function rounded(value, ends) {
  const unit = 10 ** place(value, ends);
  return Math.round(value / unit) * unit;
}

const digits = (value, ends) => atPlace(value, place(rounded(value, ends), ends), Math.round);

const grouped = (text) =>
  /^\d+$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, ',') : text;

// Why one of these values cannot be shown, if there is a reason.
function fault(values, scale) {
  if (!values.every(isFinite)) return NO_NUMBER;
  return values.some((value) => Math.abs(value) / scale >= LARGEST) ? OUT_OF_RANGE : null;
}

const factor = (ratio) =>
  ratio.value > ENDLESS ? '>1,000,000' : grouped(digits(ratio.value, ratio.ends));

function scaleOf(unit, value) {
  const scales = SCALES[unit];
  return scales.find(([, scale]) => Math.abs(value) >= scale * 0.9995) || scales[scales.length - 1];
}

const scaled = (ends, scale) => ends && ends.map((end) => end / scale);

// The scale of the figure as it is shown: 996 ns that are known to 10 ns are 1.00 µs, not 1000 ns.
function shownScale(unit, { value, ends }) {
  const [, scale] = scaleOf(unit, value);
  return scaleOf(unit, rounded(value / scale, scaled(ends, scale)) * scale);
}

function figure(unit, { value, ends }) {
  const why = fault([value], SCALES[unit][0][1]);
  if (why) return why;
  const [suffix, scale] = shownScale(unit, { value, ends });
  return digits(value / scale, scaled(ends, scale)) + suffix;
}

function interval(unit, { value, ends }) {
  const why = fault([value, ...ends], SCALES[unit][0][1]);
  if (why) return why;
  const [suffix, scale] = shownScale(unit, { value, ends });
  if (fault(ends, scale)) return OUT_OF_RANGE;
  const [low, high] = ends.map((end) => end / scale);
  const last = place(value / scale, [low, high]);
  const lowLast = low === 0 ? last : Math.max(Math.min(last, power(low)), -9);
  return `${atPlace(low, lowLast, Math.floor)} – ${atPlace(high, last, Math.ceil)}${suffix}`;
}
