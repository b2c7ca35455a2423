// Shows the graph that stands in the page as data. The layout is made already: this moves, colours and opens it.
'use strict';

const data = JSON.parse(document.getElementById('data').textContent);
const { nodes, stages, edges } = data;
const canvas = document.getElementById('canvas');
const pen = canvas.getContext('2d');
const element = (id) => document.getElementById(id);

const HEIGHT = 44;
const HEADER = 34;
const INSET = 14;
// a smaller zoom leaves nothing to read
const FAR = 0.3;
const MONO = getComputedStyle(document.documentElement).getPropertyValue('--mono');
const LEVELS = ['error', 'warning', 'advice'];
const SIGNS = { error: '×', warning: '!', advice: 'i', added: '+', removed: '−', changed: '~' };
const STATES = { stale: '!', 'never-run': '○', unknown: '?', fresh: '✓' };
const calm = matchMedia('(prefers-reduced-motion: reduce)');

const state = {
  view: data.start,
  opened: new Set(),
  layer: 'plain',
  selected: null, // the number of a node
  over: null,
  query: '',
  found: [], // the numbers of stages
  at: -1,
  x: 0, y: 0, zoom: 1, // where the upper left corner of the picture is on the screen
};
let picture = null; // { w, h, boxes, lines, byNode }
let colours = {};
let related = null; // { up, down } of the selected node, as sets of stages

// --- what is known -------------------------------------------------------------------------------------------

const membersOf = (number) => nodes[number].members || [number];
const needs = stages.map(() => []);
const feeds = stages.map(() => []);
for (const [producer, consumer, path] of edges) {
  if (producer !== consumer) {
    needs[consumer].push([producer, path]);
    feeds[producer].push([consumer, path]);
  }
}

function reach(starts, next) {
  const seen = new Set();
  const waiting = [...starts];
  while (waiting.length) {
    for (const [other] of next[waiting.pop()]) {
      if (!seen.has(other)) {
        seen.add(other);
        waiting.push(other);
      }
    }
  }
  return seen;
}

function findingsOf(number) {
  const seen = new Map();
  for (const stage of membersOf(number)) {
    for (const finding of stages[stage].findings || []) seen.set(finding.join('\n'), finding);
  }
  return [...seen.values()].sort((one, other) => LEVELS.indexOf(one[1]) - LEVELS.indexOf(other[1]));
}

function total(number, key) {
  let sum = null;
  for (const stage of membersOf(number)) {
    const value = stages[stage][key];
    if (value !== undefined) sum = (sum || 0) + value;
  }
  return sum;
}

function stateOf(number) {
  const counts = {};
  for (const stage of membersOf(number)) {
    const known = stages[stage].state;
    if (known) counts[known[0]] = (counts[known[0]] || 0) + 1;
  }
  const worst = Object.keys(STATES).find((name) => counts[name]);
  return worst ? [worst, counts[worst]] : null;
}

// as every command prints them: the same data must not have two sizes
function sizeInWords(bytes) {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024) return `${unit === 'B' || value >= 10 ? Math.round(value) : value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(1)} TiB`;
}

function durationInWords(seconds) {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min${whole % 60 ? ` ${whole % 60} s` : ''}`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
}

const many = (count, word) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

// characters that show nothing, or turn the direction of what follows, are written out
const shown = (text) => String(text).replace(
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
  (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
);

// --- layers: what a colour says, and the words that say the same ---------------------------------------------------

function scale(key, words) {
  let low = Infinity;
  let high = 0;
  for (const { [key]: value } of stages) {
    if (value) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return {
    offered: high > 0,
    look(number) {
      const value = total(number, key);
      if (value === null) return { text: 'not known' };
      const share = high > low ? Math.min(Math.log(Math.max(value, low) / low) / Math.log(high / low), 1) : 1;
      return { fill: mixed(colours.low, colours.high, share), text: words(value) };
    },
    legend: () => [
      { fill: colours.low, text: words(low) }, { fill: mixed(colours.low, colours.high, 0.5), text: '' },
      { fill: colours.high, text: words(high) },
    ],
  };
}

/** How long each takes; a thick edge marks the chain that no number of workers makes faster. */
function timeLayer() {
  const plain = scale('seconds', durationInWords);
  return {
    ...plain,
    label: 'time',
    look(number) {
      const look = plain.look(number);
      const critical = membersOf(number).some((stage) => stages[stage].critical);
      return critical ? { ...look, edge: colours.error, thick: true, text: `◆ ${look.text}` } : look;
    },
    legend: () => [...plain.legend(), { fill: colours.page, sign: '◆', text: 'critical path' }],
  };
}

const layers = {
  plain: { label: 'nothing', offered: true, look: (number) => ({ text: nodes[number].under }), legend: () => [] },
  findings: {
    label: 'findings',
    offered: stages.some((stage) => stage.findings),
    look(number) {
      const found = findingsOf(number);
      if (!found.length) return { text: 'no findings' };
      return { fill: tinted(found[0][1]), text: many(found.length, 'finding'), edge: colours[found[0][1]] };
    },
    legend: () => LEVELS.map((level) => ({ fill: tinted(level), sign: SIGNS[level], text: level })),
  },
  stale: {
    label: 'stale',
    offered: stages.some((stage) => stage.state),
    look(number) {
      const known = stateOf(number);
      if (!known) return { text: '' };
      const several = nodes[number].members ? `${known[1]} ` : '';
      return { fill: tinted(toneOf(known[0])), edge: colours[toneOf(known[0])], text: `${STATES[known[0]]} ${several}${known[0]}` };
    },
    legend: () => Object.keys(STATES).map((name) => ({ fill: tinted(toneOf(name)), sign: STATES[name], text: name })),
  },
  time: timeLayer(),
  size: { label: 'size of outputs', ...scale('bytes', sizeInWords) },
  change: {
    label: 'change',
    offered: nodes.some((node) => node.change) || edges.some((edge) => edge[3]),
    look(number) {
      const { change } = nodes[number];
      return change ? { fill: tinted(change), text: change } : { text: 'as it was' };
    },
    legend: () => ['added', 'changed', 'removed'].map((name) => ({ fill: tinted(name), sign: SIGNS[name], text: name })),
  },
};
const toneOf = (name) => ({ stale: 'error', 'never-run': 'warning', unknown: 'unknown', fresh: 'good' })[name];

const channels = (colour) => [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
function mixed(one, other, share) {
  const [from, to] = [channels(one), channels(other)];
  return `#${from.map((value, index) => Math.round(value + (to[index] - value) * share).toString(16).padStart(2, '0')).join('')}`;
}
const tinted = (name) => mixed(colours.card, colours[name], 0.22);

// --- the picture: the layout of the view, with what is open in it ------------------------------------------------------

/**
 * A function that makes room for boxes that grow, along one axis: what lay behind a box lies behind it again.
 * Each is [start, end, how much it grows]. Boxes side by side make room together; their order never changes.
 */
function stretching(grown) {
  const events = [];
  for (const [start, end, more] of grown) {
    const box = { more, moved: 0 };
    events.push([end, 0, box], [start, 1, box]);
  }
  events.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const steps = [];
  let moved = 0;
  for (const [at, isStart, box] of events) {
    if (isStart) box.moved = moved;
    else if (box.moved + box.more > moved) {
      moved = box.moved + box.more;
      steps.push([at, moved]);
    }
  }
  return (value) => {
    let [low, high] = [0, steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (steps[middle][0] <= value) low = middle + 1;
      else high = middle;
    }
    return low ? value + steps[low - 1][1] : value;
  };
}

function composed(scene) {
  const open = new Map();
  for (const [number] of scene.boxes) {
    if (state.opened.has(number) && data.inside[number]) open.set(number, composed(data.inside[number]));
  }
  let right = (value) => value;
  let down = right;
  if (open.size) {
    const growth = (number, w) => {
      const inner = open.get(number);
      return inner ? [Math.max(0, inner.w + 2 * INSET - w), inner.h + HEADER + INSET - HEIGHT] : [0, 0];
    };
    right = stretching(scene.boxes.map(([number, x, , w]) => [x, x + w, growth(number, w)[0]]));
    down = stretching(scene.boxes.map(([number, , y, w]) => [y, y + HEIGHT, growth(number, w)[1]]));
  }
  const boxes = [];
  const lines = [];
  const here = new Map();
  for (const [number, x, y, w] of scene.boxes) {
    const inner = open.get(number);
    const box = { number, x: right(x), y: down(y), w, h: HEIGHT, open: Boolean(inner) };
    here.set(number, box);
    boxes.push(box);
    if (inner) {
      box.w = Math.max(w, inner.w + 2 * INSET);
      box.h = inner.h + HEADER + INSET;
      const [dx, dy] = [box.x + INSET, box.y + HEADER];
      for (const one of inner.boxes) boxes.push({ ...one, x: one.x + dx, y: one.y + dy });
      for (const one of inner.lines) {
        lines.push({ ...one, points: one.points.map((value, index) => value + (index % 2 ? dy : dx)) });
      }
    }
  }
  for (const [producer, consumer, change, ...points] of scene.lines) {
    const moved = open.size ? points.map((value, index) => (index % 2 ? down(value) : right(value))) : points;
    if (open.size) attach(moved, here.get(producer), here.get(consumer));
    lines.push({ producer, consumer, change, points: moved });
  }
  return {
    w: right(scene.size[0]), h: down(scene.size[1]), boxes, lines,
  };
}

/** Keep the ends of a line at its boxes, which may have grown. */
function attach(points, from, to) {
  const end = points.length;
  const forward = points[end - 2] >= points[0];
  points[0] = forward ? from.x + from.w : from.x;
  points[end - 2] = forward ? to.x : to.x + to.w;
  for (const [first, second, box] of [[1, 3, from], [end - 1, end - 3, to]]) {
    const kept = Math.min(Math.max(points[first], box.y + 6), box.y + Math.min(box.h, HEIGHT) - 6);
    if (end > 4 && points[first] === points[second]) points[second] = kept;
    points[first] = kept;
  }
}

function compose() {
  const scene = data.scenes[state.view];
  picture = composed(scene.opened ? data.scenes[scene.opened] : scene);
  picture.byNode = new Map(picture.boxes.map((box) => [box.number, box]));
  for (const line of picture.lines) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let index = 0; index < line.points.length; index += 2) {
      left = Math.min(left, line.points[index]);
      right = Math.max(right, line.points[index]);
      top = Math.min(top, line.points[index + 1]);
      bottom = Math.max(bottom, line.points[index + 1]);
    }
    Object.assign(line, { left, top, right, bottom });
  }
  looks.clear();
  map = null;
  relate();
}

const looks = new Map();
function lookOf(number) {
  if (!looks.has(number)) {
    const found = findingsOf(number);
    looks.set(number, { ...layers[state.layer].look(number), badge: found.length ? [found[0][1], found.length] : null });
  }
  return looks.get(number);
}

function relate() {
  if (state.selected === null) {
    related = null;
    return;
  }
  const members = membersOf(state.selected);
  const [up, down, self] = [reach(members, needs), reach(members, feeds), new Set(members)];
  const side = new Map();
  for (const { number } of picture.boxes) {
    const inside = membersOf(number);
    if (inside.some((stage) => self.has(stage))) side.set(number, 'self');
    else if (inside.some((stage) => up.has(stage))) side.set(number, 'up');
    else if (inside.some((stage) => down.has(stage))) side.set(number, 'down');
  }
  related = { up, down, side };
}

function sideOfLine(line) {
  const [from, to] = [related.side.get(line.producer), related.side.get(line.consumer)];
  if (!from || !to) return null;
  if (from !== 'down' && to !== 'down' && from !== 'self') return 'up';
  if (from !== 'up' && to !== 'up' && to !== 'self') return 'down';
  return from === 'self' && to === 'self' ? 'up' : null;
}

// --- drawing ---------------------------------------------------------------------------------------------------

let waiting = false;
function draw() {
  if (!waiting) {
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  }
}

function paint() {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.page;
  pen.fillRect(0, 0, width, height);
  const { zoom } = state;
  if (zoom > 0.35) paintDots(width, height);
  pen.setTransform(ratio * zoom, 0, 0, ratio * zoom, ratio * state.x, ratio * state.y);
  const seen = { left: -state.x / zoom, top: -state.y / zoom, right: (width - state.x) / zoom, bottom: (height - state.y) / zoom };
  for (const box of picture.boxes) if (box.open && isSeen(box, seen)) paintOpen(box);
  paintLines(seen);
  if (related) paintDirect();
  const matches = new Set(state.found);
  const closed = picture.boxes.filter((box) => !box.open && isSeen(box, seen));
  if (zoom < FAR) paintSpecks(closed, matches);
  else for (const box of closed) paintBox(box, matches);
  paintMap(width, height);
}

const isSeen = (box, seen) =>
  box.x - 10 < seen.right && box.x + box.w + 10 > seen.left && box.y - 10 < seen.bottom && box.y + box.h + 10 > seen.top;

function paintDots(width, height) {
  const step = 28 * state.zoom;
  pen.fillStyle = colours.dots;
  for (let x = ((state.x % step) + step) % step; x < width; x += step) {
    for (let y = ((state.y % step) + step) % step; y < height; y += step) pen.fillRect(x, y, 1.5, 1.5);
  }
}

function paintLines(seen) {
  const bundles = new Map();
  for (const line of picture.lines) {
    if (line.left > seen.right || line.right < seen.left || line.top > seen.bottom || line.bottom < seen.top) continue;
    const side = related ? sideOfLine(line) || 'dim' : '';
    const key = `${side} ${line.change || ''}`;
    if (!bundles.has(key)) bundles.set(key, { side, change: line.change, lines: [] });
    bundles.get(key).lines.push(line);
  }
  const order = ['dim', '', 'up', 'down'];
  const sorted = [...bundles.values()].sort((one, other) => order.indexOf(one.side) - order.indexOf(other.side));
  for (const { side, change, lines } of sorted) {
    const strong = side === 'up' || side === 'down';
    pen.strokeStyle = strong ? colours[side] : change ? colours[change] : colours.edge;
    pen.fillStyle = pen.strokeStyle;
    pen.globalAlpha = side === 'dim' ? 0.22 : change === 'removed' ? 0.75 : 1;
    pen.lineWidth = Math.max(strong || change === 'added' || change === 'changed' ? 2.4 : 1.4, (strong ? 1.6 : Math.min(1, state.zoom * 2 + 0.3)) / state.zoom);
    pen.setLineDash(change === 'removed' ? [6, 5] : []);
    pen.beginPath();
    for (const line of lines) trace(line.points);
    pen.stroke();
    pen.setLineDash([]);
    if (state.zoom > 0.25) {
      pen.beginPath();
      for (const { points } of lines) arrow(points);
      pen.fill();
      if (change) for (const { points } of lines) signOn(points, SIGNS[change]);
    }
  }
  pen.globalAlpha = 1;
}

function trace(points) {
  pen.moveTo(points[0], points[1]);
  const end = points.length - 2;
  for (let index = 2; index < end; index += 2) {
    if (state.zoom > FAR) {
      const [x, y, nx, ny] = points.slice(index, index + 4);
      const before = Math.hypot(x - points[index - 2], y - points[index - 1]);
      pen.arcTo(x, y, nx, ny, Math.min(7, before / 2, Math.hypot(nx - x, ny - y) / 2));
    } else pen.lineTo(points[index], points[index + 1]);
  }
  pen.lineTo(points[end], points[end + 1]);
}

function arrow(points) {
  const end = points.length;
  const [x, y] = [points[end - 2], points[end - 1]];
  const angle = Math.atan2(y - points[end - 3], x - points[end - 4]);
  pen.moveTo(x, y);
  for (const turn of [2.74, -2.74]) pen.lineTo(x + 8 * Math.cos(angle + turn), y + 8 * Math.sin(angle + turn));
}

function signOn(points, sign) {
  const [x, y] = [points[points.length - 2] - 20, points[points.length - 1]];
  const kept = pen.fillStyle;
  pen.fillStyle = colours.page;
  pen.fillRect(x - 6, y - 7, 12, 14);
  pen.fillStyle = kept;
  pen.font = `700 14px ${MONO}`;
  pen.textAlign = 'center';
  pen.fillText(sign, x, y + 5);
  pen.textAlign = 'left';
}

function card(x, y, w, h, radius) {
  pen.beginPath();
  pen.roundRect(x, y, w, h, radius);
}

function paintOpen(box) {
  const node = nodes[box.number];
  pen.globalAlpha = related && !related.side.has(box.number) ? 0.35 : 1;
  card(box.x, box.y, box.w, box.h, 10);
  pen.fillStyle = mixed(colours.page, colours.card, 0.7);
  pen.fill();
  pen.strokeStyle = box.number === state.selected ? colours.accent : colours.border;
  pen.lineWidth = Math.max(box.number === state.selected ? 2.5 : 1, 0.7 / state.zoom);
  pen.setLineDash(state.zoom < FAR ? [] : [3, 3]);
  pen.stroke();
  pen.setLineDash([]);
  if (state.zoom > FAR) {
    pen.fillStyle = colours.quiet;
    pen.font = `600 12px ${MONO}`;
    pen.fillText(fitted(`▾ ${shown(node.name)} ×${node.members.length}`, box.w - 2 * INSET), box.x + INSET, box.y + 21);
  }
  pen.globalAlpha = 1;
}

/** How a box is drawn, as what is selected, searched for and changed has it. */
function strokeOf(number, look, matches) {
  const node = nodes[number];
  const side = related ? related.side.get(number) : '';
  const matched = matches.size > 0 && membersOf(number).some((stage) => matches.has(stage));
  const dimmed = (related && !side) || (matches.size && !matched && !side);
  const stroke = {
    alpha: dimmed ? 0.3 : node.change === 'removed' ? 0.75 : 1,
    colour: look.edge || (node.change ? colours[node.change] : colours.border),
    width: look.thick || node.change === 'added' || node.change === 'changed' ? 2.2 : 1,
    dashed: node.change === 'removed',
  };
  if (side === 'up' || side === 'down') Object.assign(stroke, { colour: colours[side], width: 2 });
  if (matched) Object.assign(stroke, { colour: colours.match, width: 3 });
  if (number === state.selected) Object.assign(stroke, { colour: colours.accent, width: 3 });
  return stroke;
}

/** From afar there is nothing to read: all boxes that look alike in one go. */
function paintSpecks(boxes, matches) {
  const alike = new Map();
  for (const box of boxes) {
    const look = lookOf(box.number);
    const fill = look.fill || (look.badge ? tinted(look.badge[0]) : mixed(colours.card, colours.edge, 0.45));
    const stroke = strokeOf(box.number, look, matches);
    const key = [fill, stroke.colour, stroke.width, stroke.alpha].join();
    if (!alike.has(key)) alike.set(key, { fill, stroke, boxes: [] });
    alike.get(key).boxes.push(box);
  }
  for (const { fill, stroke, boxes: several } of [...alike.values()].sort((one, other) => one.stroke.width - other.stroke.width)) {
    pen.globalAlpha = stroke.alpha;
    pen.fillStyle = fill;
    pen.strokeStyle = stroke.colour;
    pen.lineWidth = (stroke.width > 1 ? 1.8 : 0.5) / state.zoom;
    pen.beginPath();
    for (const { x, y, w, h } of several) pen.rect(x, y, w, h);
    pen.fill();
    if (stroke.width > 1 || state.zoom > 0.1) pen.stroke();
  }
  pen.globalAlpha = 1;
}

/** What the selected stage needs and feeds, where groups hide which of their stages it is. */
function paintDirect() {
  const number = state.selected;
  if (nodes[number].members) return;
  const box = picture.byNode.get(number);
  if (!box) return;
  const drawn = new Set(picture.lines.filter((line) => line.producer === number || line.consumer === number)
    .map((line) => (line.producer === number ? line.consumer : line.producer)));
  pen.lineWidth = Math.max(2, 1.4 / state.zoom);
  for (const [near, side] of [[needs[number], 'up'], [feeds[number], 'down']]) {
    pen.strokeStyle = colours[side];
    pen.beginPath();
    for (const [other] of near.slice(0, 300)) {
      const far = picture.byNode.get(other);
      if (!far || drawn.has(other)) continue;
      const [from, to] = side === 'up' ? [far, box] : [box, far];
      const [x, y, tx, ty] = [from.x + from.w, from.y + from.h / 2, to.x, to.y + to.h / 2];
      const bend = Math.max(40, Math.abs(tx - x) / 2);
      // in one row with what is between, it goes over that
      const lift = Math.abs(ty - y) < HEIGHT ? HEIGHT * 1.4 : 0;
      pen.moveTo(x, y);
      pen.bezierCurveTo(x + bend, y - lift, tx - bend, ty - lift, tx, ty);
    }
    pen.stroke();
  }
}

function paintBox(box, matches) {
  const { number, x, y, w, h } = box;
  const node = nodes[number];
  const look = lookOf(number);
  const stroke = strokeOf(number, look, matches);
  pen.globalAlpha = stroke.alpha;
  pen.strokeStyle = stroke.colour;
  pen.lineWidth = Math.max(stroke.width, (stroke.width > 1 ? 1.6 : 1) / state.zoom);
  pen.fillStyle = look.fill || colours.card;
  pen.setLineDash(stroke.dashed ? [5, 4] : []);
  if (node.members) {
    card(x + 4, y + 4, w, h, 8);
    pen.fill();
    pen.stroke();
  }
  card(x, y, w, h, 8);
  pen.fill();
  pen.stroke();
  pen.setLineDash([]);
  if (number === state.over && number !== state.selected) {
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 1.5;
    pen.stroke();
  }
  paintWords(box, node, look);
  pen.globalAlpha = 1;
}

function paintWords(box, node, look) {
  const { x, y, w } = box;
  const name = (node.change ? `${SIGNS[node.change]} ` : '') + shown(node.name);
  const under = shown(look.text || '');
  pen.fillStyle = colours.ink;
  pen.font = `600 13px ${MONO}`;
  pen.fillText(fitted(name, w - 24), x + 12, y + (under ? 19 : 27));
  if (under) {
    pen.fillStyle = look.fill ? colours.ink : colours.quiet;
    pen.font = `11px ${MONO}`;
    pen.fillText(fitted(under, w - 24), x + 12, y + 35);
  }
  if (look.badge) {
    const [level, count] = look.badge;
    const text = `${count}${SIGNS[level]}`;
    pen.font = `700 10px ${MONO}`;
    const room = pen.measureText(text).width + 10;
    pen.fillStyle = colours[level];
    pen.strokeStyle = colours.page;
    pen.lineWidth = 1.5;
    card(x + w - room + 6, y - 8, room, 16, 8);
    pen.fill();
    pen.stroke();
    pen.fillStyle = colours.on;
    pen.fillText(text, x + w - room + 11, y + 3.5);
  }
}

const widths = new Map();
/** A text without its middle, if there is no room for it. */
function fitted(text, room) {
  const key = `${pen.font}\n${Math.round(room)}\n${text}`;
  if (!widths.has(key)) {
    let cut = text;
    const chars = [...text];
    for (let kept = chars.length - 1; kept > 1 && pen.measureText(cut).width > room; kept -= 1) {
      const tail = Math.floor(kept / 2);
      cut = `${chars.slice(0, kept - tail).join('')}…${chars.slice(chars.length - tail).join('')}`;
    }
    if (widths.size > 20000) widths.clear();
    widths.set(key, cut);
  }
  return widths.get(key);
}

// The whole in the corner, where only a part is seen. It is drawn once and then kept.
const MAP = { w: 190, h: 120, margin: 14 };
let map = null;

function mapPlace(width, height) {
  const scale_ = Math.min(MAP.w / picture.w, MAP.h / picture.h);
  const [w, h] = [Math.max(picture.w * scale_, 8), Math.max(picture.h * scale_, 8)];
  return { scale: scale_, w, h, x: width - panelRoom() - w - MAP.margin, y: height - h - MAP.margin };
}

function isMapSeen(width, height) {
  return picture.boxes.length > 30 && (picture.w * state.zoom > width * 1.05 || picture.h * state.zoom > height * 1.05);
}

function paintMap(width, height) {
  if (!isMapSeen(width, height)) return;
  const ratio = window.devicePixelRatio || 1;
  const place = mapPlace(width, height);
  if (!map) {
    map = document.createElement('canvas');
    map.width = Math.ceil(place.w * ratio);
    map.height = Math.ceil(place.h * ratio);
    const small = map.getContext('2d');
    small.scale(ratio * place.scale, ratio * place.scale);
    for (const box of picture.boxes) {
      if (box.open) continue;
      small.fillStyle = lookOf(box.number).fill || colours.edge;
      small.fillRect(box.x, box.y, Math.max(box.w, 1 / place.scale), Math.max(box.h, 1 / place.scale));
    }
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.globalAlpha = 0.92;
  pen.fillStyle = colours.page;
  pen.strokeStyle = colours.border;
  pen.lineWidth = 1;
  card(place.x - 6, place.y - 6, place.w + 12, place.h + 12, 6);
  pen.fill();
  pen.stroke();
  pen.globalAlpha = 1;
  pen.drawImage(map, place.x, place.y, place.w, place.h);
  const [left, top] = [Math.max(0, -state.x / state.zoom), Math.max(0, -state.y / state.zoom)];
  const right = Math.min(picture.w, (width - panelRoom() - state.x) / state.zoom);
  const bottom = Math.min(picture.h, (height - state.y) / state.zoom);
  if (right <= left || bottom <= top) return;
  pen.strokeStyle = colours.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(
    place.x + left * place.scale - 1, place.y + top * place.scale - 1,
    Math.max((right - left) * place.scale + 2, 5), Math.max((bottom - top) * place.scale + 2, 5),
  );
}

/** Go where the map was clicked; whether it was. */
function goByMap(x, y) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!isMapSeen(width, height)) return false;
  const place = mapPlace(width, height);
  const [inX, inY] = [x - place.x, y - place.y];
  if (inX < -6 || inY < -6 || inX > place.w + 6 || inY > place.h + 6) return false;
  state.x = (width - panelRoom()) / 2 - (inX / place.scale) * state.zoom;
  state.y = height / 2 - (inY / place.scale) * state.zoom;
  draw();
  return true;
}

// --- moving ----------------------------------------------------------------------------------------------------

const LEAST = 0.002;
const MOST = 3;

function zoomAt(x, y, factor) {
  const zoom = Math.min(Math.max(state.zoom * factor, LEAST), MOST);
  state.x = x - ((x - state.x) * zoom) / state.zoom;
  state.y = y - ((y - state.y) * zoom) / state.zoom;
  state.zoom = zoom;
  draw();
}

let flight = 0;
function fly(target) {
  cancelAnimationFrame(flight);
  const start = { x: state.x, y: state.y, zoom: state.zoom };
  const begun = performance.now();
  const length = calm.matches ? 0 : 220;
  const step = (now) => {
    const share = length ? Math.min((now - begun) / length, 1) : 1;
    const eased = 1 - (1 - share) ** 3;
    for (const key of ['x', 'y', 'zoom']) state[key] = start[key] + (target[key] - start[key]) * eased;
    paint();
    if (share < 1) flight = requestAnimationFrame(step);
  };
  if (length) flight = requestAnimationFrame(step);
  else step(begun);
}

const panelRoom = () => (element('panel').hidden || innerWidth < 700 ? 0 : element('panel').offsetWidth + 12);

function fit({ at_once = false } = {}) {
  const margin = 40;
  const [width, height] = [canvas.clientWidth - panelRoom(), canvas.clientHeight];
  const zoom = Math.min(Math.max(Math.min((width - 2 * margin) / picture.w, (height - 2 * margin) / picture.h), LEAST), 1.25);
  const target = { zoom, x: (width - picture.w * zoom) / 2, y: (height - picture.h * zoom) / 2 };
  if (at_once) Object.assign(state, target);
  else fly(target);
}

/** All of it if there is a shape to see then, else where it begins. */
function begin() {
  fit({ at_once: true });
  if (state.zoom >= 0.2 || data.scenes[state.view].opened) return;
  const first = picture.boxes.reduce((best, box) => (!best || box.x < best.x ? box : best), null);
  if (!first) return;
  const zoom = 0.7;
  Object.assign(state, { zoom, x: 60 - first.x * zoom, y: canvas.clientHeight / 2 - (first.y + HEIGHT / 2) * zoom });
}

function show(number) {
  const box = picture.byNode.get(number);
  if (!box) return;
  const zoom = Math.max(state.zoom, Math.min(0.8, state.zoom < FAR ? 0.8 : state.zoom));
  fly({
    zoom,
    x: (canvas.clientWidth - panelRoom()) / 2 - (box.x + box.w / 2) * zoom,
    y: canvas.clientHeight / 2 - (box.y + Math.min(box.h, 200) / 2) * zoom,
  });
}

/** Open what a stage lies in, until it is there itself. */
function reveal(stage) {
  for (let box = holding(stage); box && box.number !== stage; box = holding(stage)) {
    state.opened.add(box.number);
    compose();
  }
}

/** The innermost box that is a stage, or holds it and is closed. */
const holding = (stage) =>
  picture.byNode.get(stage) || picture.boxes.find((box) => !box.open && membersOf(box.number).includes(stage));

/** The innermost box at a place in the window; else, from afar, the nearest around it. */
function boxAt(x, y) {
  const [px, py] = [(x - state.x) / state.zoom, (y - state.y) / state.zoom];
  const within = (slack) => picture.boxes.filter((box) =>
    px >= box.x - slack && px <= box.x + box.w + slack && py >= box.y - slack && py <= box.y + box.h + slack).pop();
  return within(0) || within(Math.min(4 / state.zoom, 20)) || null;
}

function toggle(number) {
  if (!nodes[number].members || !data.inside[number]) return;
  const before = picture.byNode.get(number);
  const [sx, sy] = [state.x + before.x * state.zoom, state.y + before.y * state.zoom];
  if (state.opened.has(number)) state.opened.delete(number);
  else state.opened.add(number);
  compose();
  // what was clicked stays where it is
  const after = picture.byNode.get(number);
  state.x = sx - after.x * state.zoom;
  state.y = sy - after.y * state.zoom;
  say(`${nodes[number].name} is ${state.opened.has(number) ? 'open' : 'closed'}`);
  draw();
  if (state.selected === number) fillPanel();
}

// --- selection -------------------------------------------------------------------------------------------------

const say = (text) => { element('said').textContent = text; };

function select(number, { move = false } = {}) {
  state.selected = number;
  relate();
  fillPanel();
  if (number !== null) {
    say(`${nodes[number].name}, ${many(related.up.size, 'stage')} upstream, ${many(related.down.size, 'stage')} downstream`);
    if (move) show(number);
  }
  draw();
}

function goTo(stage) {
  reveal(stage);
  select(stage, { move: true });
}

function made(tag, text, attributes = {}) {
  const made_ = document.createElement(tag);
  if (text !== undefined && text !== null) made_.textContent = shown(text);
  for (const [name, value] of Object.entries(attributes)) made_.setAttribute(name, value);
  return made_;
}

function section(panel, title, items) {
  if (!items.length) return;
  panel.append(made('h3', title));
  const list = made('ul');
  const LIMIT = 60;
  items.slice(0, LIMIT).forEach((item) => list.append(item()));
  if (items.length > LIMIT) {
    const more = made('button', `${items.length - LIMIT} more`, { type: 'button', class: 'link' });
    const line = made('li');
    more.onclick = () => {
      line.remove();
      items.slice(LIMIT).forEach((item) => list.append(item()));
    };
    line.append(more);
    list.append(line);
  }
  panel.append(list);
}

function row(left, right, stage) {
  const line = made('li');
  if (stage !== undefined && stage !== null) {
    const link = made('button', left, { type: 'button', class: 'link' });
    link.onclick = () => goTo(stage);
    line.append(link);
  } else line.append(made('span', left));
  if (right) line.append(made('span', right));
  return line;
}

const sizeOf = (bytes, count) => {
  const size = bytes === null || bytes === undefined ? '' : sizeInWords(bytes);
  return count ? `${size}${size ? ', ' : ''}${many(count, 'file')}` : size;
};

function fillPanel() {
  const panel = element('panel');
  const number = state.selected;
  panel.hidden = number === null;
  panel.textContent = '';
  if (number === null) return;
  const node = nodes[number];
  const stage = node.members ? {} : stages[number];
  panel.append(made('h2', node.name, { tabindex: '-1' }));
  panel.append(made('p', node.kind === 'folder' ? node.address : `${node.file}:${node.line}`, { class: 'where' }));
  const close = made('button', '✕', { type: 'button', class: 'close', 'aria-label': 'Close', title: 'Close (Esc)' });
  close.onclick = () => { select(null); canvas.focus(); };
  panel.append(close);
  panel.append(chips(number, node, stage));
  if (stage.description) panel.append(made('p', stage.description));
  if (node.members) {
    const opener = made('button', state.opened.has(number) ? 'Close it' : 'Open it', { type: 'button', id: 'opener' });
    opener.onclick = () => toggle(number);
    panel.append(made('p').appendChild(opener).parentNode);
    section(panel, many(node.members.length, 'stage'), node.members.map((one) => () => row(nodes[one].name, '', one)));
  }
  const found = findingsOf(number);
  section(panel, many(found.length, 'finding'), found.map(([code, level, message, file, line]) => () => {
    const item = made('li', null, { class: 'finding' });
    item.append(made('span', `${SIGNS[level]} ${level} ${code}`, { class: `chip ${level}` }), ` ${shown(message)} `);
    item.append(made('span', `${file}:${line}`, { class: 'where' }));
    return item;
  }));
  const causes = (stage.state || [])[1] || [];
  section(panel, `Why it is ${(stage.state || [''])[0]}`, causes.map((cause) => () => row(cause)));
  if (stage.commands) {
    panel.append(made('h3', stage.wdir ? `Command, in ${stage.wdir}` : 'Command'));
    for (const command of stage.commands) panel.append(made('pre', command));
  }
  section(panel, 'Dependencies', (stage.deps || []).map(([path, bytes, count, maker]) => () => row(path, sizeOf(bytes, count), maker)));
  section(panel, 'Outputs', (stage.outs || []).map(([path, kind, bytes, count, cache]) => () =>
    row(path, [kind === 'out' ? '' : kind, cache ? '' : 'not cached', sizeOf(bytes, count)].filter(Boolean).join(', '))));
  section(panel, 'Parameters', (stage.params || []).map(([file, key, value, was]) => () =>
    row(key === null ? file : key, key === null ? 'whole file' : `${value === null ? 'missing' : value}${was === null ? '' : ` (last run: ${was})`}`)));
  if (!node.members) {
    const named = (other) => (nodes[other].file === node.file ? nodes[other].name : nodes[other].address);
    for (const [title, near] of [['Needs', needs[number]], ['Is needed by', feeds[number]]]) {
      section(panel, title, [...new Map(near)].map(([other, path]) => () => row(named(other), path, other)));
    }
  }
}

function chips(number, node, stage) {
  const line = made('p', null, { class: 'chips' });
  const add = (text, kind = '') => line.append(made('span', text, { class: `chip ${kind}` }));
  if (node.change) add(`${SIGNS[node.change]} ${node.change}`, node.change);
  const known = stateOf(number);
  if (known) add(`${STATES[known[0]]} ${node.members ? `${known[1]} ` : ''}${known[0]}`, known[0]);
  const [bytes, seconds] = [total(number, 'bytes'), total(number, 'seconds')];
  if (bytes !== null) add(`outputs ${sizeInWords(bytes)}`);
  if (seconds !== null) add(`took ${durationInWords(seconds)}`);
  if (stage.critical) add('on the critical path');
  if (stage.last_run) add(`last run ${stage.last_run}`);
  else if (stage.commands && !stage.has_run && !known) add('no run recorded');
  if (stage.frozen) add('frozen');
  if (stage.always_changed) add('always changed');
  add(`← ${many(related.up.size, 'stage')} upstream`, 'up');
  add(`→ ${many(related.down.size, 'stage')} downstream`, 'down');
  return line;
}

// --- search ------------------------------------------------------------------------------------------------------

const words = stages.map((stage, number) => [
  nodes[number].address, ...(stage.commands || []), ...(stage.deps || []).map((dep) => dep[0]),
  ...(stage.outs || []).map((out) => out[0]), ...(stage.params || []).map((param) => param[1] || param[0]),
].join('\n').toLowerCase());

function search() {
  state.query = element('search').value.trim().toLowerCase();
  state.found = [];
  state.at = -1;
  if (state.query) words.forEach((text, number) => { if (text.includes(state.query)) state.found.push(number); });
  count();
  draw();
}

function count() {
  const { found, at, query } = state;
  element('count').textContent = !query ? '' : !found.length ? 'none' : at < 0 ? `${found.length}` : `${at + 1}/${found.length}`;
}

function nextMatch(step) {
  if (!state.found.length) return;
  state.at = state.at < 0 ? (step > 0 ? 0 : state.found.length - 1) : (state.at + step + state.found.length) % state.found.length;
  count();
  goTo(state.found[state.at]);
}

// --- keys and pointers -----------------------------------------------------------------------------------------------

/** The nearest box that is drawn above, below, or on the way of a line from the selected one. */
function neighbour(key) {
  const box = picture.byNode.get(state.selected);
  if (!box) return null;
  const middle = (one) => one.y + one.h / 2;
  let near;
  if (key === 'ArrowLeft' || key === 'ArrowRight') {
    const back = key === 'ArrowLeft';
    near = picture.lines.filter((line) => (back ? line.consumer : line.producer) === state.selected)
      .map((line) => picture.byNode.get(back ? line.producer : line.consumer));
  } else {
    const sign = key === 'ArrowUp' ? -1 : 1;
    near = picture.boxes.filter((one) => !one.open && one.x < box.x + box.w && one.x + one.w > box.x && sign * (middle(one) - middle(box)) > 0);
  }
  const distance = (one) => Math.abs(middle(one) - middle(box));
  return near.reduce((best, one) => (!best || distance(one) < distance(best) ? one : best), null);
}

canvas.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const arrows = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  if (event.key in arrows) {
    if (state.selected !== null && !event.shiftKey) {
      const near = neighbour(event.key);
      if (near) select(near.number, { move: true });
    } else {
      state.x += arrows[event.key][0];
      state.y += arrows[event.key][1];
      draw();
    }
  } else if (event.key === 'Enter') {
    if (state.selected === null) select(holdingFirst(), { move: true });
    else element('panel').querySelector('h2').focus();
  } else if (event.key === ' ') {
    if (state.selected !== null) toggle(state.selected);
  } else return;
  event.preventDefault();
});

/** The box at the middle of the window, or the nearest to it. */
function holdingFirst() {
  const [x, y] = [(canvas.clientWidth / 2 - state.x) / state.zoom, (canvas.clientHeight / 2 - state.y) / state.zoom];
  const distance = (box) => Math.hypot(box.x + box.w / 2 - x, box.y + box.h / 2 - y);
  const near = picture.boxes.filter((box) => !box.open).reduce((best, box) => (!best || distance(box) < distance(best) ? box : best), null);
  return near ? near.number : null;
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target === element('search') || event.target.tagName === 'SELECT';
  if (event.key === 'Escape') {
    if (!element('keys').hidden) toggleKeys();
    else if (state.query) {
      element('search').value = '';
      search();
    } else if (state.selected !== null) select(null);
    canvas.focus();
  } else if (typing) return;
  else if (event.key === '/') element('search').focus();
  else if (event.key === '+' || event.key === '=') zoomAt(canvas.clientWidth / 2, canvas.clientHeight / 2, 1.25);
  else if (event.key === '-') zoomAt(canvas.clientWidth / 2, canvas.clientHeight / 2, 0.8);
  else if (event.key === 'f' || event.key === '0') fit();
  else if (event.key === 't') turnTheme();
  else if (event.key === '?') toggleKeys();
  else return;
  event.preventDefault();
});

const PANEL = 424;
const pointers = new Map();
let later = 0;
let moved = 0;

canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  if (pointers.size === 1) moved = 0;
  cancelAnimationFrame(flight);
});

canvas.addEventListener('pointermove', (event) => {
  const [x, y] = [event.offsetX, event.offsetY];
  const before = pointers.get(event.pointerId);
  if (!before) {
    hover(x, y);
    return;
  }
  const [dx, dy] = [x - before[0], y - before[1]];
  moved += Math.abs(dx) + Math.abs(dy);
  if (pointers.size === 2) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const [was, is] = [Math.hypot(before[0] - other[0], before[1] - other[1]), Math.hypot(x - other[0], y - other[1])];
    if (was > 0) zoomAt((x + other[0]) / 2, (y + other[1]) / 2, is / was);
    state.x += dx / 2;
    state.y += dy / 2;
  } else if (moved > 3) {
    canvas.classList.add('moving');
    state.x += dx;
    state.y += dy;
  }
  pointers.set(event.pointerId, [x, y]);
  draw();
});

function lift(event) {
  const first = pointers.size === 1;
  const was = pointers.delete(event.pointerId);
  canvas.classList.remove('moving');
  if (!was || !first || moved > 3 || event.type === 'pointercancel') return;
  if (goByMap(event.offsetX, event.offsetY)) return;
  const box = boxAt(event.offsetX, event.offsetY);
  const number = box ? box.number : null;
  clearTimeout(later);
  // where the panel will be, a second click must not hit it
  if (number !== null && element('panel').hidden && event.offsetX > canvas.clientWidth - PANEL) {
    later = setTimeout(() => select(number, { move: true }), 300);
  } else select(number);
}
canvas.addEventListener('pointerup', lift);
canvas.addEventListener('pointercancel', lift);
canvas.addEventListener('pointerleave', () => hover(-1e9, -1e9));

canvas.addEventListener('dblclick', (event) => {
  clearTimeout(later);
  const box = boxAt(event.offsetX, event.offsetY);
  if (box) toggle(box.number);
  else zoomAt(event.offsetX, event.offsetY, 1.6);
});

canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (event.shiftKey) {
    state.x -= event.deltaX || event.deltaY;
    draw();
    return;
  }
  const lines = event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1;
  zoomAt(event.offsetX, event.offsetY, Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.0016)));
}, { passive: false });

function hover(x, y) {
  const box = boxAt(x, y);
  const number = box && !(box.open && state.zoom < FAR) ? box.number : null;
  if (number !== state.over) {
    state.over = number;
    canvas.classList.toggle('over', number !== null);
    draw();
  }
  const tip = element('tip');
  tip.hidden = number === null || (box.open && state.zoom > FAR);
  if (tip.hidden) return;
  tip.textContent = shown(`${nodes[number].address}\n${lookOf(number).text || ''}`).trim();
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${Math.max(4, Math.min(x + 14, canvas.clientWidth - width - 8))}px`;
  tip.style.top = `${y + 18 + height > canvas.clientHeight ? y - height - 10 : y + 18}px`;
}

// --- what stands around it ---------------------------------------------------------------------------------------------

function toggleKeys() {
  const keys = element('keys');
  keys.hidden = !keys.hidden;
  element('help').setAttribute('aria-expanded', String(!keys.hidden));
}

function useTheme(name) {
  document.documentElement.dataset.theme = name;
  const style = getComputedStyle(document.documentElement);
  for (const key of ['page', 'dots', 'card', 'border', 'edge', 'ink', 'quiet', 'accent', 'up', 'down', 'match', 'added', 'removed',
    'changed', 'error', 'warning', 'advice', 'good', 'unknown', 'low', 'high', 'on']) {
    colours[key] = style.getPropertyValue(`--${key}`).trim();
  }
  looks.clear();
  map = null;
  fillLegend();
  if (picture) draw();
}

const dark = matchMedia('(prefers-color-scheme: dark)');
let chosenTheme = null;
function turnTheme() {
  chosenTheme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  useTheme(chosenTheme);
}
dark.addEventListener('change', () => { if (!chosenTheme) useTheme(dark.matches ? 'dark' : 'light'); });

function fillLegend() {
  const legend = element('legend');
  legend.textContent = '';
  for (const { fill, sign, text } of layers[state.layer].legend()) {
    const item = made('span');
    const swatch = made('i', sign || '', { 'aria-hidden': 'true' });
    swatch.style.background = fill;
    item.append(swatch, text);
    legend.append(item);
  }
}

function useView(name, opened = []) {
  state.view = name;
  state.opened = new Set(data.scenes[name].opened ? Object.keys(data.inside).map(Number) : opened);
  compose();
  if (state.selected !== null && !picture.byNode.has(state.selected)) select(null);
  begin();
  draw();
}

element('title').textContent = shown(data.title);
element('title').append(made('small', many(stages.length, 'stage')));
for (const [name, size] of data.views) {
  element('view').append(new Option(size === stages.length ? name : `${name} (${size})`, name, false, name === data.start));
}
element('view').parentNode.hidden = data.views.length < 2;
for (const [name, layer] of Object.entries(layers)) {
  if (layer.offered) element('layer').append(new Option(layer.label, name));
}
element('view').onchange = (event) => useView(event.target.value);
element('layer').onchange = (event) => {
  state.layer = event.target.value;
  looks.clear();
  map = null;
  fillLegend();
  draw();
};
element('search').addEventListener('input', search);
element('search').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') {
    event.preventDefault();
    nextMatch(event.shiftKey ? -1 : 1);
  }
});
element('next').onclick = () => nextMatch(1);
element('previous').onclick = () => nextMatch(-1);
element('in').onclick = () => zoomAt(canvas.clientWidth / 2, canvas.clientHeight / 2, 1.25);
element('out').onclick = () => zoomAt(canvas.clientWidth / 2, canvas.clientHeight / 2, 0.8);
element('fit').onclick = () => fit();
element('theme').onclick = turnTheme;
element('help').onclick = toggleKeys;
new ResizeObserver(draw).observe(canvas);

// what there is to see at once: a difference, or results that are no longer true
if (nodes.some((node) => node.change)) state.layer = 'change';
else if (stages.some((stage) => stage.state && stage.state[0] === 'stale')) state.layer = 'stale';
element('layer').value = state.layer;
useTheme(dark.matches ? 'dark' : 'light');
useView(data.start, data.opened);

// where a stage, group, file or folder is drawn in the window, for whoever drives the page from outside
window.pipelinekit = {
  whereIs(address) {
    const box = picture.boxes.find((one) => nodes[one.number].address === address);
    if (!box) return null;
    const { left, top } = canvas.getBoundingClientRect();
    return { x: left + state.x + (box.x + box.w / 2) * state.zoom, y: top + state.y + (box.y + Math.min(box.h, HEADER) / 2) * state.zoom };
  },
  drawn: () => picture.boxes.map((box) => nodes[box.number].address),
  boxes: () => picture.boxes.map((box) => ({ address: nodes[box.number].address, x: box.x, y: box.y, w: box.w, h: box.h })),
  paint,
};
