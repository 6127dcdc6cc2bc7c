// How executors stand to the best, as harness/judge/src/rank/standing.rs has it, and the order over all, as
// reports/src/matrix/order.rs has it.

const [MARGIN, FLOOR] = data.limits;
const EFFECTIVE = Math.max(MARGIN, FLOOR), LOUD = Math.log(FLOOR) > 2 * Math.log(MARGIN);
const STANDING = { best: 'best or equivalent', open: 'cannot tell', slower: 'slower', faster: 'faster', same: 'equivalent' };

// The ends of how many times worse one is than the other in the rounds that both have; a 0 is farther
// than any other. `null` where there are too few.
function slowdown(ours, theirs, sign) {
  const logs = [];
  for (let round = 0; round < ours.length; round++) {
    const [a, b] = [ours[round], theirs[round]];
    if (!known(a) || !known(b)) continue;
    logs.push(sign * (a > 0 ? (b > 0 ? Math.log(a) - Math.log(b) : 30) : (b > 0 ? -30 : 0)));
  }
  return median(logs)?.ends?.map(Math.exp) ?? null;
}

// Of each executor in `values`, beside all of them; `best` has the best median.
function standings(values, best, sign) {
  const to = (a, b) => slowdown(values.get(a), values.get(b), sign);
  const all = [...values.keys()], toBest = new Map(all.map((at) => [at, to(at, best)]));
  const isSlower = (at) => toBest.get(at) !== null && toBest.get(at)[0] > EFFECTIVE;
  const rivals = all.filter((at) => !isSlower(at));
  const isInside = (ends) => ends !== null && ends[1] <= MARGIN;
  const isBest = (at) => !LOUD && isInside(toBest.get(at))
    && rivals.every((rival) => rival === at || isInside(to(at, rival)));
  return new Map(all.map((at) => [at, isSlower(at) ? 'slower' : isBest(at) ? 'best' : 'open']));
}

// Against one that the reader chose: by the same limits, in either direction.
function compared(ours, theirs, sign) {
  const ends = slowdown(ours, theirs, sign);
  if (ends === null) return 'open';
  if (ends[0] > EFFECTIVE) return 'slower';
  if (ends[1] < 1 / EFFECTIVE) return 'faster';
  return !LOUD && ends[0] >= 1 / MARGIN && ends[1] <= MARGIN ? 'same' : 'open';
}

const hasFigure = (executor, column) => column.entries.get(executor)?.ratio?.value > 0;

// The executors that choose the columns in common: no yardsticks, and none with figures in less than half of them.
function competitorsOf(shown, all) {
  const seen = all.filter((column) => shown.some((executor) => hasFigure(executor, column)));
  const figures = (executor) => seen.filter((column) => hasFigure(executor, column)).length;
  const full = shown.filter((executor) => figures(executor) * 2 >= seen.length && figures(executor) > 0);
  const competitors = full.filter((executor) => !data.executors[executor].yardstick);
  return competitors.length ? competitors : full;
}

function commonOf(shown, all) {
  const competitors = competitorsOf(shown, all);
  return all.filter((column) => shown.some((executor) => hasFigure(executor, column))
    && competitors.every((executor) => hasFigure(executor, column)));
}

// What it takes itself; above is worse, also where more is better.
function levelOf(executor, column) {
  if (!hasFigure(executor, column)) return null;
  const { value } = column.entries.get(executor).figure;
  return column.metric[2] ? 1 / value : value;
}

// Against the least of each column, or what the reader compares with: so no third decides.
function meanOf(shown, executor, list) {
  const base = data.executors.findIndex((one) => one.key === view.base);
  let sum = 0, weights = 0;
  for (const column of list) {
    const own = levelOf(executor, column);
    if (own === null) return null;
    const least = base < 0 ? Math.min(...shown.map((one) => levelOf(one, column) ?? Infinity)) : column.base;
    sum += weightOf(column.group) * Math.log(own / least);
    weights += weightOf(column.group);
  }
  return weights > 0 ? Math.exp(sum / weights) : null;
}

// Pairs of competitors that would change places without a third executor, or one row of it.
function flipsOf(shown, all) {
  const own = commonOf(shown, all), competitors = competitorsOf(shown, all), thirds = new Map();
  for (const at of competitors) {
    const { id, name } = data.executors[at];
    if (!thirds.has(id)) thirds.set(id, (one) => data.executors[one].id === id);
    if (!thirds.has(name)) thirds.set(name, (one) => data.executors[one].name === name);
  }
  const means = (rows, list) => new Map(competitors.map((at) => [at, meanOf(rows, at, list)]));
  const ahead = (of, a, b) => (of.get(a) === null || of.get(b) === null ? null : of.get(a) < of.get(b));
  const before = means(shown, own), flips = [];
  for (const [without, isIt] of thirds) {
    const others = shown.filter((at) => !isIt(at)), rest = commonOf(others, all);
    if (rest.length === own.length && rest.every((column) => own.includes(column))) continue;
    const after = means(others, rest), left = competitors.filter((at) => !isIt(at));
    left.forEach((a, at) => left.slice(at + 1).forEach((b) => {
      if (ahead(before, a, b) === ahead(after, a, b)) return;
      flips.push({ without, pair: ahead(before, a, b) ? [a, b] : [b, a] });
    }));
  }
  return flips;
}

// Whether the mean of one is surely larger; null for want of rounds.
function isBehind(row, first, common) {
  let distance = 0, squares = 0, weights = 0;
  for (const column of common) {
    const weight = weightOf(column.group);
    const [own, best] = [row, first].map((at) => column.entries.get(at));
    const [a, b] = [levelOf(row, column), levelOf(first, column)];
    if (a === null || b === null || !own.ratio.ends || !best.ratio.ends) return null;
    distance += weight * Math.log(a / b);
    const least = Math.log(MARGIN);
    squares += (weight * Math.max(least, Math.log(own.ratio.value / own.ratio.ends[0]))) ** 2;
    squares += (weight * Math.max(least, Math.log(best.ratio.ends[1] / best.ratio.value))) ** 2;
    weights += weight;
  }
  return distance > Math.sqrt(squares);
}

// The places that noise, layout and the choice of executors allow: the first and the last.
function placesOf(shown, all, common, means, flips) {
  const competitors = competitorsOf(shown, all).filter((at) => means.get(at) !== null);
  const isPair = (a, b) => flips.some(({ pair }) => pair.includes(a) && pair.includes(b));
  const behind = (a, b) => {
    const found = isBehind(a, b, common);
    return found === null ? null : found && !isPair(a, b);
  };
  return new Map(competitors.map((at) => {
    const others = competitors.filter((other) => other !== at);
    const ahead = others.map((other) => behind(at, other)), after = others.map((other) => behind(other, at));
    const isKnown = !others.length || [...ahead, ...after].some((it) => it !== null);
    const count = (list) => list.filter((it) => it === true).length;
    return [at, isKnown ? [1 + count(ahead), competitors.length - count(after)] : null];
  }));
}

function placeText(place) {
  if (!place) return '';
  return place[0] === place[1] ? `${place[0]}` : `${place[0]}–${place[1]}`;
}

const MAX_FLIPS = 3;

function flipsText(flips) {
  const name = (at) => data.executors[at].name;
  const told = flips.slice(0, MAX_FLIPS).map(({ without, pair: [a, b] }) => `${name(a)} and ${name(b)} without ${without}`);
  const more = flips.length - told.length;
  const rest = more > 0 ? `, and ${grouped(`${more}`)} more pair${more === 1 ? '' : 's'}` : '';
  return told.length ? `Would change places, and so count as tied: ${told.join('; ')}${rest}.` : '';
}
