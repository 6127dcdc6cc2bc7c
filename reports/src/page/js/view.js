// The data, and the view: what the reader chose, and its form in the address.

const data = JSON.parse(byId('data').textContent);

const families = [...new Set(data.executors.map((one) => one.family))];
const blank = () => ({
  metric: 'own', base: '', hide: [], threads: '', can: [], sort: 'mean', down: false,
  orders: {}, weights: {}, need: '', side: '', theme: '',
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
  for (const entry of list('orders')) {
    const found = /^(\d+):(-?)(\d+)$/.exec(entry);
    if (found && +found[1] < data.groups.length) view.orders[+found[1]] = { column: +found[3], down: found[2] === '-' };
  }
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
  const orders = Object.entries(view.orders).map(([group, { column, down }]) => `${group}:${down ? '-' : ''}${column}`);
  if (orders.length) query.set('orders', orders.join(','));
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
