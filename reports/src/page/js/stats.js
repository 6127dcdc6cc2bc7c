// Statistics, as harness/judge/src/stats.rs has them.

const CONFIDENCE = 0.95;

// The rank of the order statistics that enclose the median; 0 if not even the extremes do.
const ranks = [];
function medianRank(count) {
  if (ranks[count] !== undefined) return ranks[count];
  const allowed = (1 - CONFIDENCE) / 2 * (1 + 1e-9);
  let mass = -count * Math.LN2, tail = 0, rank = 0;
  while (rank < Math.floor(count / 2) + 1) {
    tail += Math.exp(mass);
    if (tail > allowed) break;
    mass += Math.log((count - rank) / (rank + 1));
    rank += 1;
  }
  return (ranks[count] = rank);
}

function median(values) {
  if (!values.length) return null;
  const sorted = values.slice().sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const middle = sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  const rank = medianRank(sorted.length);
  const ends = rank ? [sorted[rank - 1], sorted[sorted.length - rank]] : null;
  return { value: middle, ends, rounds: sorted.length };
}

const known = (value) => value !== null && value !== undefined;

// The median of the ratios of rounds in common, with its interval; null where there is none.
function paired(ours, theirs) {
  const logs = [];
  for (let round = 0; round < ours.length; round++) {
    if (!known(ours[round]) || !known(theirs[round])) continue;
    if (!(ours[round] > 0 && theirs[round] > 0)) return null;
    logs.push(Math.log(ours[round]) - Math.log(theirs[round]));
  }
  const found = median(logs);
  if (!found) return null;
  const ends = found.ends && found.ends.map(Math.exp);
  return { value: Math.exp(found.value), ends, rounds: found.rounds };
}
