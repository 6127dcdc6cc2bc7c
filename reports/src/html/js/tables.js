// Tables of groups: any column sorts, the factor follows the baseline.

const UNITS = { ns: 1, 'µs': 1e3, ms: 1e6, s: 1e9, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, k: 1e3, M: 1e6 };

// A cell's text as a number with its unit; text without a number stays text.
function keyOf(text) {
  const found = /^([+-]?[\d,]+(?:\.\d+)?)(?:–[\d,.]+)?\s*(ns|µs|ms|s|B|KiB|MiB|GiB|k|M)?(?:×|\s*%)?(?:\s*–.*)?$/.exec(text.trim());
  return found ? parseFloat(found[1].replace(/,/g, '')) * (UNITS[found[2]] ?? 1) : null;
}

function sorted(rows, column, down) {
  const key = (row) => row.cells[column].textContent;
  const numeric = rows.some((row) => keyOf(key(row)) !== null);
  const compare = (a, b) => {
    if (!numeric) return key(a).localeCompare(key(b)) * (down ? -1 : 1);
    const [left, right] = [keyOf(key(a)), keyOf(key(b))];
    if (left === null || right === null) return (left === null) - (right === null);
    return (left - right) * (down ? -1 : 1);
  };
  return rows.slice().sort(compare);
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

// After the factors, by which a table may be sorted. One that a link sorts is opened.
function drawOrders() {
  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = [...table.tHead.rows[0].cells], order = view.orders[table.dataset.group];
    const head = order && heads[order.column]?.querySelector('.sort') ? heads[order.column] : null;
    if (!head && !table.isSorted) continue;
    table.isSorted = head !== null;
    for (const other of heads) other.removeAttribute('aria-sort');
    table.tBodies[0].append(...(head ? sorted(table.rowsAtFirst, order.column, order.down) : table.rowsAtFirst));
    if (!head) continue;
    head.setAttribute('aria-sort', order.down ? 'descending' : 'ascending');
    table.closest('details').open = true;
  }
}
