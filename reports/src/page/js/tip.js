// Hover and focus: what a cell of the matrix says of itself.

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
// Wherever the focus is: a user of a mouse may have it elsewhere.
document.addEventListener('keydown', (event) => { if (event.key === 'Escape') tip.hidden = true; });
matrix.addEventListener('keydown', (event) => {
  const from = event.target.closest('tbody td');
  if (!from) return;
  if (event.key === 'Enter') from.querySelector('a')?.click();
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
