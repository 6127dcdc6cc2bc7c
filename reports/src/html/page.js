// The one script of the page: filters, sorts, compares and remembers the view in the address.
//
// It computes from each round's values as the program does: ratios are paired by round, intervals
// are order statistics, means are geometric. Text from data goes into the page as text only. The page
// says all of it without this script, but for the choices of the reader.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  const CONFIDENCE = 0.95;

  // ---- Statistics, as harness/src/stats.rs has them ----

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

  // ---- Numbers, as reports/src/number.rs rounds them ----

  const SCALES = {
    ns: [[' s', 1e9], [' ms', 1e6], [' µs', 1e3], [' ns', 1]],
    bytes: [[' GiB', 1073741824], [' MiB', 1048576], [' KiB', 1024], [' B', 1]],
    ratio: [['', 1]],
    count: [[' M', 1e6], [' k', 1e3], ['', 1]],
  };
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

  function digits(value, ends) {
    const first = place(value, ends);
    const rounded = Math.round(value / 10 ** first) * 10 ** first;
    return atPlace(value, place(rounded, ends), Math.round);
  }

  const grouped = (text) =>
    /^\d+$/.test(text) ? text.replace(/\B(?=(\d{3})+$)/g, ',') : text;
  const factor = (ratio) => grouped(digits(ratio.value, ratio.ends));

  function scaleOf(unit, value) {
    const scales = SCALES[unit];
    return scales.find(([, scale]) => Math.abs(value) >= scale * 0.9995) || scales[scales.length - 1];
  }

  function figure(unit, { value, ends }) {
    const [suffix, scale] = scaleOf(unit, value);
    return digits(value / scale, ends && ends.map((end) => end / scale)) + suffix;
  }

  function interval(unit, { value, ends }) {
    const [suffix, scale] = scaleOf(unit, value);
    const [low, high] = ends.map((end) => end / scale);
    const last = place(value / scale, [low, high]);
    const lowLast = low === 0 ? last : Math.min(last, power(low));
    return `${atPlace(low, lowLast, Math.floor)} – ${atPlace(high, last, Math.ceil)}${suffix}`;
  }

  // ---- The view: what the reader chose, and its form in the address ----

  const families = [...new Set(data.executors.map((one) => one.family))];
  const blank = () => ({
    metric: 'own', base: '', hide: [], threads: '', can: [], sort: 'mean', down: false,
    weights: {}, need: '', side: '', theme: '',
  });

  function read(search) {
    const view = blank(), query = new URLSearchParams(search);
    const list = (name) => (query.get(name) || '').split(',').filter(Boolean);
    const one = (name, allowed) => (allowed.includes(query.get(name)) ? query.get(name) : view[name]);
    view.metric = one('metric', ['own', 'wall', 'cpu', 'memory', 'tail']);
    view.base = one('base', data.executors.map((executor) => executor.key));
    view.hide = list('hide').filter((family) => families.includes(family));
    view.threads = one('threads', ['one', 'many']);
    view.can = list('can').filter((can) => ['timers', 'io', 'cancel', 'fifo'].includes(can));
    const sort = query.get('sort') || '';
    view.down = sort.startsWith('-');
    const column = view.down ? sort.slice(1) : sort;
    if (column === 'name' || (/^\d+$/.test(column) && +column < data.groups.length)) view.sort = column;
    for (const entry of list('weights')) {
      const cut = entry.lastIndexOf(':'), weight = parseFloat(entry.slice(cut + 1));
      const workload = entry.slice(0, cut);
      if (data.workloads.includes(workload) && weight >= 0 && weight <= 100) view.weights[workload] = weight;
    }
    view.need = query.get('need') || '';
    view.side = one('side', ['one', 'many']);
    view.theme = one('theme', ['light', 'dark']);
    return view;
  }

  function write(view) {
    const query = new URLSearchParams(), usual = blank();
    for (const name of ['metric', 'base', 'threads', 'need', 'side', 'theme']) {
      if (view[name] !== usual[name]) query.set(name, view[name]);
    }
    for (const name of ['hide', 'can']) if (view[name].length) query.set(name, view[name].join(','));
    if (view.sort !== 'mean' || view.down) query.set('sort', (view.down ? '-' : '') + view.sort);
    const weights = Object.entries(view.weights).filter(([, weight]) => weight !== 1);
    if (weights.length) query.set('weights', weights.map(([id, weight]) => `${id}:${weight}`).join(','));
    const text = query.toString();
    return text ? `?${text}` : '';
  }

  let view = read(location.search);

  function change(update) {
    view = { ...view, ...update };
    const address = location.pathname + write(view) + location.hash;
    // Some browsers keep pages on disk from changing their address; the view changes all the same.
    try { history.pushState(null, '', address); } catch { /* nothing to remember it in */ }
    show();
  }

  window.addEventListener('popstate', () => { view = read(location.search); show(); });

  // ---- The matrix ----

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
      if (against === null || !medians.size) return null;
      const theirs = valuesOf(group, against);
      const entries = new Map();
      for (const [executor, list] of values) {
        if (typeof list === 'string') { entries.set(executor, { reason: list }); continue; }
        if (!Array.isArray(list)) continue;
        const ratio = Array.isArray(theirs) ? paired(list, theirs) : null;
        const about = ratio && (executor === against
          || (ratio.ends !== null && ratio.ends[0] <= 1 && ratio.ends[1] >= 1));
        entries.set(executor, ratio ? { ratio, about, figure: medians.get(executor) }
          : { reason: Array.isArray(theirs) ? 'too few rounds to compare' : 'the baseline has no figure here',
              figure: medians.get(executor) });
      }
      return { group, metric, against, entries };
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
    const key = (executor) => {
      if (column) return column.entries.get(executor)?.ratio?.value ?? Infinity;
      return means.get(executor) ?? 1e9 * own.get(executor);
    };
    const compare = view.sort === 'name'
      ? (a, b) => data.executors[a].name.localeCompare(data.executors[b].name)
      : (a, b) => key(a) - key(b) || a - b;
    const sorted = shown.slice().sort(compare);
    return view.down ? sorted.reverse() : sorted;
  }

  function make(tag, props = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name in made) made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  const SVG = 'http://www.w3.org/2000/svg';
  function mark(family) {
    const svg = document.createElementNS(SVG, 'svg'), use = document.createElementNS(SVG, 'use');
    svg.setAttribute('class', 'mark');
    svg.setAttribute('viewBox', '-7 -7 14 14');
    svg.setAttribute('aria-hidden', 'true');
    use.setAttribute('href', `#m-${family}`);
    svg.append(use);
    return svg;
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
      lines.push(`${factor(entry.ratio)}× ${data.executors[column.against].name}${ends}${about}`);
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
      `${base ? 'about the same' : 'about best'} (the 95 % interval of the ratio includes 1); – = not measured. ` +
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

  // ---- Tables of groups: any column sorts, the factor follows the baseline ----

  const UNITS = { ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, k: 1e3, M: 1e6 };

  // A cell's text as a number with its unit; text without a number stays text.
  function keyOf(text) {
    const found = /^([+-]?[\d,]+(?:\.\d+)?)(?:–[\d,.]+)?\s*(ns|µs|ms|s|B|KiB|MiB|GiB|k|M)?(?:×|\s*%)?(?:\s*–.*)?$/.exec(text.trim());
    return found ? parseFloat(found[1].replace(/,/g, '')) * (UNITS[found[2]] ?? 1) : null;
  }

  function sortTable(table, column, down) {
    const rows = [...table.tBodies[0].rows];
    const key = (row) => row.cells[column].textContent;
    const numeric = rows.some((row) => keyOf(key(row)) !== null);
    const compare = (a, b) => {
      if (!numeric) return key(a).localeCompare(key(b)) * (down ? -1 : 1);
      const [left, right] = [keyOf(key(a)), keyOf(key(b))];
      if (left === null || right === null) return (left === null) - (right === null);
      return (left - right) * (down ? -1 : 1);
    };
    table.tBodies[0].append(...rows.sort(compare));
  }

  for (const table of document.querySelectorAll('table.sortable')) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (head.classList.contains('plot')) return;
      const button = make('button', { type: 'button', className: 'sort' }, ...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        sortTable(table, column, down);
      });
    });
    table.factors = [...table.tBodies[0].rows].map((row) => {
      const head = table.tHead.rows[0].querySelector('.factor');
      const cell = row.cells[head.cellIndex];
      return { row, cell, text: cell.textContent };
    });
  }

  function drawFactors() {
    const base = data.executors.findIndex((executor) => executor.key === view.base);
    for (const table of document.querySelectorAll('table.sortable')) {
      const group = +table.dataset.group, metric = data.groups[group].lens.own;
      const theirs = base < 0 ? null : data.cells[group][base];
      const label = `factor to ${base < 0 ? 'the best' : data.executors[base].name}`;
      const head = table.tHead.rows[0].querySelector('.factor button');
      if (head.textContent !== label) head.textContent = label;
      for (const { row, cell, text } of table.factors) {
        const ours = data.cells[group][row.dataset.e];
        const ratio = Array.isArray(theirs) && Array.isArray(ours) ? paired(ours[metric], theirs[metric]) : null;
        const now = base < 0 ? text : ratio ? `${factor(ratio)}×` : '–';
        if (cell.textContent !== now) cell.textContent = now;
      }
    }
  }

  // ---- Hover and focus ----

  const tip = byId('tip');
  function showTip(cell) {
    if (!cell?.lines) { tip.hidden = true; return; }
    tip.replaceChildren(...cell.lines.map((line, at) => make('div', { className: at ? '' : 'head' }, line)));
    tip.hidden = false;
    const box = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
    const above = box.top - own.height - 8;
    tip.style.left = `${Math.max(8, left) + scrollX}px`;
    tip.style.top = `${(above > 0 ? above : box.bottom + 8) + scrollY}px`;
    for (const other of document.querySelectorAll('[aria-describedby=tip]')) other.removeAttribute('aria-describedby');
    cell.setAttribute('aria-describedby', 'tip');
  }

  const matrix = byId('matrix');
  matrix.addEventListener('pointerover', (event) => showTip(event.target.closest('td')));
  matrix.addEventListener('pointerleave', () => showTip(null));
  matrix.addEventListener('focusin', (event) => showTip(event.target.closest('td')));
  matrix.addEventListener('focusout', () => showTip(null));
  matrix.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { tip.hidden = true; return; }
    const from = event.target.closest('tbody td');
    if (!from) return;
    const row = from.parentElement, rows = row.parentElement.rows, at = from.cellIndex;
    const line = [...rows].indexOf(row);
    const to = {
      ArrowRight: row.cells[at + 1], ArrowLeft: at > 1 ? row.cells[at - 1] : null,
      ArrowDown: rows[line + 1]?.cells[at], ArrowUp: rows[line - 1]?.cells[at],
      Home: row.cells[1], End: row.cells[row.cells.length - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  });

  // ---- Controls ----

  const controls = byId('controls'), chooser = byId('chooser'), theme = byId('theme');
  const boxes = (form, name) => [...form.querySelectorAll(`input[name="${name}"]`)];

  const isDark = () =>
    (view.theme ? view.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);

  controls.addEventListener('change', () => {
    const weights = {};
    for (const box of boxes(controls, 'weight')) {
      const weight = box.value === '' ? 1 : Math.min(100, Math.max(0, +box.value));
      if (weight !== 1) weights[box.dataset.workload] = weight;
    }
    change({
      metric: controls.metric.value,
      base: controls.base.value,
      threads: controls.threads.value,
      hide: boxes(controls, 'family').filter((box) => !box.checked).map((box) => box.value),
      can: boxes(controls, 'can').filter((box) => box.checked).map((box) => box.value),
      weights,
    });
  });
  for (const form of [controls, chooser]) form?.addEventListener('submit', (event) => event.preventDefault());
  controls.addEventListener('reset', (event) => {
    event.preventDefault();
    change({ ...blank(), need: view.need, side: view.side, theme: view.theme });
  });
  chooser?.addEventListener('change', () => {
    change({ need: chooser.need.value, side: chooser.side.value });
  });
  theme.addEventListener('click', () => change({ theme: isDark() ? 'light' : 'dark' }));

  function drawControls() {
    controls.metric.value = view.metric;
    controls.base.value = view.base;
    controls.threads.value = view.threads;
    for (const box of boxes(controls, 'family')) box.checked = !view.hide.includes(box.value);
    for (const box of boxes(controls, 'can')) box.checked = view.can.includes(box.value);
    for (const box of boxes(controls, 'weight')) box.value = view.weights[box.dataset.workload] ?? 1;
    if (Object.keys(view.weights).length) byId('weights').open = true;
    if (view.theme) document.documentElement.dataset.theme = view.theme;
    else delete document.documentElement.dataset.theme;
    theme.textContent = isDark() ? 'Light theme' : 'Dark theme';
  }

  function drawChooser() {
    if (!chooser) return;
    const needs = boxes(chooser, 'need').map((box) => box.value);
    const need = needs.includes(view.need) ? view.need : '';
    for (const box of boxes(chooser, 'need')) box.checked = box.value === need;
    for (const box of boxes(chooser, 'side')) box.checked = box.value === view.side;
    for (const row of byId('answers').tBodies[0].rows) row.hidden = need !== '' && row.dataset.need !== need;
    for (const cell of byId('answers').querySelectorAll('[data-side]')) {
      cell.hidden = view.side !== '' && cell.dataset.side !== view.side;
    }
  }

  function show() {
    tip.hidden = true;
    drawControls();
    drawChooser();
    drawMatrix();
    drawFactors();
  }

  // A link or a find may lead into a closed table.
  function openTarget() {
    let at = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
    for (; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  }
  window.addEventListener('hashchange', openTarget);
  window.addEventListener('beforeprint', () => {
    for (const details of document.querySelectorAll('details.group')) details.open = true;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawControls);

  for (const hidden of [controls, chooser, theme]) if (hidden) hidden.hidden = false;
  show();
  openTarget();
  document.documentElement.dataset.ready = '';
  performance.mark('ready');
})();
