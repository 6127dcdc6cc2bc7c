// The matrix: ratios by the chosen metric and baseline, their means, and the table.

const weightOf = (group) => view.weights[data.workloads[data.groups[group].workload]] ?? 1;

function isShown(executor) {
  return executor.family !== 'floor' && !view.hide.includes(executor.family)
    && (!view.threads || executor.one === (view.threads === 'one'))
    && view.can.every((can) => executor.can.includes(can));
}

const indices = (list) => list.map((_, index) => index);

// The values of an executor in a group by the chosen metric: an array, a reason, or null.
function valuesOf(group, executor) {
  const cell = data.cells[group][executor];
  if (!Array.isArray(cell)) return cell;
  const at = data.groups[group].lens[view.metric];
  return at === undefined || !cell[at].some(known) ? null : cell[at];
}

// Every shown column: its baseline, and for each shown executor a ratio, a reason or nothing.
function columns(shown) {
  const base = data.executors.findIndex((executor) => executor.key === view.base);
  return indices(data.groups).filter((group) => weightOf(group) > 0).map((group) => {
    const metric = data.groups[group].metrics[data.groups[group].lens[view.metric]];
    if (!metric) return null;
    const sign = metric[2] ? -1 : 1;
    const values = new Map(shown.map((executor) => [executor, valuesOf(group, executor)]));
    const medians = new Map();
    for (const [executor, list] of values) {
      if (Array.isArray(list)) medians.set(executor, median(list.filter(known)));
    }
    let against = base >= 0 ? base : null;
    if (base < 0) {
      for (const [executor, found] of medians) {
        if (against === null || sign * found.value < sign * medians.get(against).value) against = executor;
      }
    }
    const theirs = against === null ? null : valuesOf(group, against);
    const middle = Array.isArray(theirs) ? median(theirs.filter(known)) : null;
    const told = base < 0 && against !== null
      ? standings(new Map([...values].filter(([, list]) => Array.isArray(list))), against, sign) : null;
    const entries = new Map();
    for (const [executor, list] of values) {
      if (typeof list === 'string') { entries.set(executor, { reason: list }); continue; }
      if (!Array.isArray(list)) continue;
      // Above 1 is worse, also where more is better.
      const sides = sign < 0 ? [theirs, list] : [list, theirs];
      const ratio = Array.isArray(theirs) ? paired(...sides) : null;
      const standing = ratio && (told ? told.get(executor) : compared(list, theirs, sign));
      entries.set(executor, ratio ? { ratio, standing, figure: medians.get(executor) }
        : { reason: Array.isArray(theirs) ? 'no ratio: a round measured 0, or there is none in common' : 'the baseline has no figure here',
            figure: medians.get(executor) });
    }
    // As without scripts, a column of nothing but reasons stays: it says why it is empty.
    const level = middle && (sign < 0 ? 1 / middle.value : middle.value);
    return entries.size ? { group, metric, against, base: level, entries } : null;
  }).filter(Boolean);
}

// By means: rows that are compared first, then the others by name. By a column: rows that were measured.
function order(shown, all, means, places) {
  const column = all.find((column) => String(column.group) === view.sort);
  const key = (executor) => (column ? column.entries.get(executor)?.ratio?.value
    : places.has(executor) ? means.get(executor) : null) ?? null;
  const sign = view.down ? -1 : 1;
  const name = (at) => data.executors[at].name;
  // As the program does: by the letters themselves.
  const byName = (a, b) => (name(a) < name(b) ? -1 : name(a) > name(b) ? 1 : a - b);
  return shown.slice().sort((a, b) => {
    if (view.sort === 'name') return sign * name(a).localeCompare(name(b));
    const [left, right] = [key(a), key(b)];
    if (left === null && right === null) return byName(a, b);
    if (left === null || right === null) return left === null ? 1 : -1;
    return sign * (left - right) || byName(a, b);
  });
}

function sortButton(column, children) {
  const isNow = view.sort === column;
  const button = make('button', { type: 'button', className: 'sort' }, ...children);
  button.dataset.sort = column;
  button.addEventListener('click', () => {
    change({ sort: column, down: isNow ? !view.down : false });
    document.querySelector(`#matrix button[data-sort="${CSS.escape(column)}"]`)?.focus();
  });
  const head = make('th', { scope: 'col' }, button);
  if (isNow) head.setAttribute('aria-sort', view.down ? 'descending' : 'ascending');
  return head;
}

// One head over the columns of each category, where there is more than one.
function categories(all) {
  const row = make('tr', {}, make('td')), of = (column) => data.groups[column.group].category;
  for (let at = 0; at < all.length;) {
    let count = 1;
    while (at + count < all.length && of(all[at + count]) === of(all[at])) count++;
    row.append(make('th', { className: 'category', colSpan: count, scope: 'colgroup' }, of(all[at])));
    at += count;
  }
  row.append(make('td', { colSpan: 2 }));
  return row.cells.length > 3 ? [row] : [];
}

function heads(all) {
  const upper = make('tr', {}, make('td')), lower = make('tr', {}, sortButton('name', ['executor']));
  for (let at = 0; at < all.length;) {
    const group = data.groups[all[at].group];
    let count = 1;
    while (at + count < all.length && data.groups[all[at + count].group].workload === group.workload) count++;
    const by = group.param ? `, by ${group.param}` : '';
    upper.append(make('th', { className: 'over', colSpan: count, scope: 'colgroup' }, group.title,
      make('span', { className: 'sub' }, all[at].metric[0] + by)));
    at += count;
  }
  upper.append(make('td', { colSpan: 2 }));
  for (const column of all) {
    const lines = data.groups[column.group].values
      .flatMap((line, at) => (at ? [make('br'), line] : [line]));
    lower.append(sortButton(String(column.group), lines));
  }
  lower.append(sortButton('mean', ['geometric mean']), make('th', { scope: 'col' }, 'place'));
  return [...categories(all), upper, lower];
}

const step = (value) => {
  const at = data.steps.findIndex((end) => value < end);
  return at < 0 ? data.steps.length : at;
};

function cell(executor, column) {
  const entry = column.entries.get(executor);
  const made = make('td', { tabIndex: -1 });
  if (!entry) return made;
  if (entry.ratio) {
    const isBest = entry.standing === 'best' || entry.standing === 'same';
    made.className = `h${step(entry.ratio.value)}${isBest ? ' best' : ''}`;
  }
  const text = entry.ratio ? factor(entry.ratio) + (entry.standing === 'open' ? '?' : '') : '–';
  const href = `${data.groups[column.group].page}#e${executor}`;
  made.append(make('a', { href, tabIndex: -1 }, text));
  made.lines = describe(executor, column, entry);
  return made;
}

// The text of hover and focus: executor and column, the value, its interval, the ratio, the rounds.
function describe(executor, column, entry) {
  const group = data.groups[column.group], unit = column.metric[1];
  const lines = [data.executors[executor].name, `${group.title}, ${group.params}`];
  if (entry.figure) {
    const ends = entry.figure.ends ? ` (95 %: ${interval(unit, entry.figure)})` : '';
    lines.push(`${column.metric[0]}: ${figure(unit, entry.figure)}${ends}`);
  }
  if (entry.ratio) {
    const ends = entry.ratio.ends ? ` (95 %: ${interval('ratio', entry.ratio)})` : '';
    const told = view.base && executor === column.against ? '' : `: ${STANDING[entry.standing]}`;
    lines.push(`${factor(entry.ratio)}× ${column.metric[2] ? 'below ' : ''}${data.executors[column.against].name}${ends}${told}`);
    lines.push(`n = ${entry.ratio.rounds} rounds in common`);
  } else {
    lines.push(entry.reason);
  }
  return lines;
}

function drawMatrix() {
  const shown = indices(data.executors).filter((at) => isShown(data.executors[at]));
  const all = columns(shown), common = commonOf(shown, all);
  const means = new Map(shown.map((executor) => [executor, common.length ? meanOf(shown, executor, common) : null]));
  const flips = flipsOf(shown, all), places = placesOf(shown, all, common, means, flips);
  const rows = order(shown, all, means, places).map((executor) => {
    const mean = means.get(executor);
    const last = make('td', { className: 'mean', tabIndex: -1 }, mean === null ? '–' : grouped(digits(mean, null)));
    last.lines = [data.executors[executor].name, mean === null
      ? 'outside the common set: it lacks a figure in one of its columns'
      : `geometric mean over ${common.length} columns in common`];
    const name = make('th', { scope: 'row' }, mark(data.executors[executor].family), ' ',
      data.executors[executor].name);
    const place = make('td', { className: 'place', tabIndex: -1 }, placeText(places.get(executor)));
    return make('tr', {}, name, ...all.map((column) => cell(executor, column)), last, place);
  });
  const table = byId('matrix');
  table.tHead.replaceChildren(...heads(all));
  table.tBodies[0].replaceChildren(...rows);
  table.setAttribute('role', 'grid');
  table.setAttribute('aria-label', 'Slowdowns; arrow keys move from cell to cell');
  const first = table.tBodies[0].rows[0]?.cells[1];
  if (first) first.tabIndex = 0;
  const base = data.executors.find((executor) => executor.key === view.base);
  const against = base ? base.name : 'the fastest executor shown in each column';
  byId('matrix-note').textContent =
    `Slowdown against ${against}, 1.00 = ${base ? 'as fast' : 'fastest'}; framed = ` +
    `${base ? STANDING.same : STANDING.best}; ? = ${STANDING.open}; ` +
    `${base ? 'the others are slower or faster' : 'the others are slower'}; – = not measured or without a ratio. ` +
    `Geometric mean over the ${common.length} of ${all.length} columns that they have in common.`;
  byId('matrix-flips').textContent = flipsText(flips);
  byId('matrix-flips').hidden = !flips.length;
  const isBelow = ({ ratio }) => ratio && parseFloat(factor(ratio)) < 1;
  byId('matrix-below').hidden = Boolean(base) || !all.some((column) => [...column.entries.values()].some(isBelow));
  const outside = shown.filter((executor) => means.get(executor) === null)
    .map((executor) => data.executors[executor].name);
  const weighed = Object.values(view.weights).some((weight) => weight !== 1);
  const best = [...places.keys()]
    .sort((a, b) => means.get(a) - means.get(b))[0];
  byId('matrix-title').hidden = weighed || write({ ...view, sort: 'mean', down: false, need: '', side: '', theme: '' }) !== '';
  byId('status').textContent = `${shown.length} of ${data.executors.filter((e) => e.family !== 'floor').length} executors, `
    + `${all.length} of ${data.groups.length} columns; ${weighed ? 'weighted ' : ''}geometric mean over ${common.length}`
    + (best === undefined ? '.' : `: ${data.executors[best].name} has the smallest, ${grouped(digits(means.get(best), null))}×.`)
    + (outside.length ? ` Outside the common set: ${outside.join(', ')}.` : '');
}
