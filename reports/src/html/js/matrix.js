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
    const entries = new Map();
    for (const [executor, list] of values) {
      if (typeof list === 'string') { entries.set(executor, { reason: list }); continue; }
      if (!Array.isArray(list)) continue;
      // Above 1 is worse, also where more is better.
      const sides = sign < 0 ? [theirs, list] : [list, theirs];
      const ratio = Array.isArray(theirs) ? paired(...sides) : null;
      const about = ratio && (executor === against
        || (ratio.ends !== null && ratio.ends[0] <= 1 && ratio.ends[1] >= 1));
      entries.set(executor, ratio ? { ratio, about, figure: medians.get(executor) }
        : { reason: Array.isArray(theirs) ? 'no ratio: a round measured 0, or there is none in common' : 'the baseline has no figure here',
            figure: medians.get(executor) });
    }
    // As without scripts, a column of nothing but reasons stays: it says why nobody is in it.
    return entries.size ? { group, metric, against, entries } : null;
  }).filter(Boolean);
}

// As `common_columns` of reports/src/matrix.rs: those in which nearly every executor has a figure.
function commonOf(shown, all) {
  const has = (executor, column) => column.entries.get(executor)?.ratio?.value > 0;
  const full = shown.filter((executor) => all.filter((column) => has(executor, column)).length * 2 >= all.length);
  return all.filter((column) => full.every((executor) => has(executor, column)));
}

function meanOf(executor, list) {
  let sum = 0, weights = 0;
  for (const column of list) {
    const ratio = column.entries.get(executor)?.ratio;
    if (!(ratio?.value > 0)) return null;
    sum += weightOf(column.group) * Math.log(ratio.value);
    weights += weightOf(column.group);
  }
  return weights > 0 ? Math.exp(sum / weights) : null;
}

function order(shown, all, means) {
  const own = new Map(shown.map((executor) => {
    const list = all.filter((column) => column.entries.get(executor)?.ratio?.value > 0);
    return [executor, list.length ? meanOf(executor, list) : Infinity];
  }));
  const column = all.find((column) => String(column.group) === view.sort);
  const key = (executor) => (column ? column.entries.get(executor)?.ratio?.value : means.get(executor)) ?? null;
  const sign = view.down ? -1 : 1;
  // In either direction who was not measured stands last, and who is alike in the order of the run.
  return shown.slice().sort((a, b) => {
    if (view.sort === 'name') return sign * data.executors[a].name.localeCompare(data.executors[b].name);
    const [left, right] = [key(a), key(b)];
    if (left === null && right === null) return (column ? 0 : own.get(a) - own.get(b)) || a - b;
    if (left === null || right === null) return left === null ? 1 : -1;
    return sign * (left - right) || a - b;
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
  upper.append(make('td'));
  for (const column of all) {
    const lines = data.groups[column.group].values
      .flatMap((line, at) => (at ? [make('br'), line] : [line]));
    lower.append(sortButton(String(column.group), lines));
  }
  lower.append(sortButton('mean', ['geometric mean']));
  return [upper, lower];
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
    made.className = `h${step(entry.ratio.value)}${entry.about ? ' best' : ''}`;
    made.textContent = factor(entry.ratio);
  } else {
    made.textContent = '–';
  }
  made.lines = describe(executor, column, entry);
  return made;
}

// What hover and focus show: who and where, the value, its interval, the ratio, the rounds.
function describe(executor, column, entry) {
  const group = data.groups[column.group], unit = column.metric[1];
  const lines = [data.executors[executor].name, `${group.title}, ${group.params}`];
  if (entry.figure) {
    const ends = entry.figure.ends ? ` (95 %: ${interval(unit, entry.figure)})` : '';
    lines.push(`${column.metric[0]}: ${figure(unit, entry.figure)}${ends}`);
  }
  if (entry.ratio) {
    const ends = entry.ratio.ends ? ` (95 %: ${interval('ratio', entry.ratio)})` : '';
    const about = !entry.about || executor === column.against ? ''
      : view.base ? ', about the same' : ', about best';
    lines.push(`${factor(entry.ratio)}× ${column.metric[2] ? 'below ' : ''}${data.executors[column.against].name}${ends}${about}`);
    lines.push(`n = ${entry.ratio.rounds} rounds in common`);
  } else {
    lines.push(entry.reason);
  }
  return lines;
}

function drawMatrix() {
  const shown = indices(data.executors).filter((at) => isShown(data.executors[at]));
  const all = columns(shown), common = commonOf(shown, all);
  const means = new Map(shown.map((executor) => [executor, common.length ? meanOf(executor, common) : null]));
  const rows = order(shown, all, means).map((executor) => {
    const mean = means.get(executor);
    const last = make('td', { className: 'mean', tabIndex: -1 }, mean === null ? '–' : grouped(digits(mean, null)));
    last.lines = [data.executors[executor].name, mean === null
      ? 'outside the common set: it lacks a figure in one of its columns'
      : `geometric mean over ${common.length} columns in common`];
    const name = make('th', { scope: 'row' }, mark(data.executors[executor].family), ' ',
      data.executors[executor].name);
    return make('tr', {}, name, ...all.map((column) => cell(executor, column)), last);
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
    `${base ? 'about the same' : 'about best'} (the 95 % interval of the ratio includes 1); – = not measured or without a ratio. ` +
    `Geometric mean over the ${common.length} of ${all.length} columns that they have in common.`;
  const outside = shown.filter((executor) => means.get(executor) === null)
    .map((executor) => data.executors[executor].name);
  const weighed = Object.values(view.weights).some((weight) => weight !== 1);
  const best = shown.filter((executor) => means.get(executor) !== null)
    .sort((a, b) => means.get(a) - means.get(b))[0];
  byId('matrix-title').hidden = weighed || write({ ...view, sort: 'mean', down: false, need: '', side: '', theme: '' }) !== '';
  byId('status').textContent = `${shown.length} of ${data.executors.filter((e) => e.family !== 'floor').length} executors, `
    + `${all.length} of ${data.groups.length} columns; ${weighed ? 'weighted ' : ''}geometric mean over ${common.length}`
    + (best === undefined ? '.' : `: ${data.executors[best].name} has the smallest, ${grouped(digits(means.get(best), null))}×.`)
    + (outside.length ? ` Outside the common set: ${outside.join(', ')}.` : '');
}
