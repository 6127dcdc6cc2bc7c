// Controls, and everything drawn anew when the view changes. Last: it starts the page.

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
  change({ ...blank(), orders: view.orders, need: view.need, side: view.side, theme: view.theme });
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
  drawOrders();
}

function hashTarget() {
  try {
    return byId(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null; // An address may end in anything, also in no text.
  }
}

// A link or a find may lead into a closed table.
function openTarget() {
  for (let at = hashTarget(); at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
}
window.addEventListener('hashchange', openTarget);
window.addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details.group, .card details')) details.open = true;
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawControls);

for (const hidden of [controls, chooser, theme]) if (hidden) hidden.hidden = false;
show();
openTarget();
document.documentElement.dataset.ready = '';
performance.mark('ready');
