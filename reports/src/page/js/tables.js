// Tables of groups: any column sorts, the factor follows the baseline.

const UNITS = { ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, k: 1e3, M: 1e6 };

// A figure's text in its smallest unit; of ranks and intervals, which have one unit at their end, the
// lower end. What is no figure has no key.
function keyOf(text) {
  const found = /^([+-]?[\d,]+(?:\.\d+)?)(?:\s*–\s*[\d,.]+)?\s*(ns|µs|ms|s|B|KiB|MiB|GiB|k|M)?×?$/.exec(text);
  return found ? parseFloat(found[1].replace(/,/g, '')) * (UNITS[found[2]] ?? 1) : null;
}

// In either direction what is missing stands last, and what is alike in the order of the table.
function sorted(rows, column, down) {
  const texts = new Map(rows.map((row) => [row, row.cells[column].textContent.trim()]));
  const isText = rows.every((row) => keyOf(texts.get(row)) === null);
  const key = (row) => (isText ? texts.get(row) || null : keyOf(texts.get(row)));
  return rows.slice().sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    if (left === null || right === null) return (left === null) - (right === null);
    return (isText ? left.localeCompare(right) : left - right) * (down ? -1 : 1);
  });
}

for (const table of document.querySelectorAll('table.sortable')) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if (head.classList.contains('plot')) return;
    const button = make('button', { type: 'button', className: 'sort' }, ...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'ascending';
      change({ orders: { ...view.orders, [table.dataset.group]: { column, down } } });
    });
  });
  table.rowsAtFirst = [...table.tBodies[0].rows];
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

// After the factors, by which a table may be sorted. One that is newly sorted is opened, as by a link;
// one that the reader has folded since stays folded.
function drawOrders() {
  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = [...table.tHead.rows[0].cells], order = view.orders[table.dataset.group];
    const head = order && heads[order.column]?.querySelector('.sort') ? heads[order.column] : null;
    const now = head ? `${order.column}${order.down}` : '', isNew = now !== (table.sortedBy ?? '');
    if (!head && !isNew) continue;
    table.sortedBy = now;
    for (const other of heads) other.removeAttribute('aria-sort');
    table.tBodies[0].append(...(head ? sorted(table.rowsAtFirst, order.column, order.down) : table.rowsAtFirst));
    if (!head) continue;
    head.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    if (isNew) table.closest('details').open = true;
  }
}
