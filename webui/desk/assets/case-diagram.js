/**
 * Shows where a case stands on its BPMN diagram. Knows nothing of permits: it draws what the page says.
 *
 *   <div data-diagram data-src="/cases/…/diagram/…"
 *        data-marks='{"completed":[ids],"active":[ids],"incident":[ids],"flows":[ids]}'>
 *
 * Instead of data-src, a `<script type="application/xml">` inside the element may carry the XML.
 * Diagrams in closed <details> are loaded when these open. The bpmn.io mark stays visible.
 */
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';

import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './case-diagram.css';

const CLASSES = {
  completed: 'at-completed',
  active: 'at-active',
  incident: 'at-incident',
  flows: 'at-taken',
};

async function xmlOf(host) {
  const inline = host.querySelector('script[type="application/xml"]');
  if (inline) return inline.textContent;
  const answer = await fetch(host.dataset.src, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer.text();
}

/** Element ids that the drawing doesn't have are passed over: the text beside it names every step. */
function mark(viewer, marks) {
  const canvas = viewer.get('canvas');
  for (const [kind, className] of Object.entries(CLASSES)) {
    for (const element of drawn(viewer, marks[kind])) {
      canvas.addMarker(element.id, className);
      if (element.children?.length > 0) canvas.addMarker(element.id, 'at-container');
    }
  }
}

function drawn(viewer, ids) {
  const registry = viewer.get('elementRegistry');
  return (ids ?? []).map((id) => registry.get(id)).filter(Boolean);
}

const READABLE = 0.75; // the names in the boxes are read with ease
const SMALLEST = 0.62; // smaller than this, they can't be read

/** The whole diagram if it can be read or nothing is under way; else the middle of the innermost active steps. */
function frame(viewer, marks) {
  const canvas = viewer.get('canvas');
  const active = drawn(viewer, [...(marks.incident ?? []), ...(marks.active ?? [])]);
  const steps = active.filter((one) => !active.some((other) => other.parent === one));
  if (canvas.zoom('fit-viewport', 'auto') >= READABLE || steps.length === 0) return;
  const across = extent(steps, 'x', 'width');
  const down = extent(steps, 'y', 'height');
  const { outer } = canvas.viewbox();
  const fitting = 0.94 * Math.min(outer.width / across.size, outer.height / down.size);
  const zoom = Math.max(SMALLEST, Math.min(READABLE, fitting));
  const [width, height] = [outer.width / zoom, outer.height / zoom];
  canvas.viewbox({ x: across.middle - width / 2, y: down.middle - height / 2, width, height });
}

function extent(shapes, start, size) {
  const first = Math.min(...shapes.map((shape) => shape[start]));
  const last = Math.max(...shapes.map((shape) => shape[start] + shape[size]));
  return { size: last - first, middle: (first + last) / 2 };
}

function wireButtons(host, viewer) {
  const steps = { in: 1, out: -1 };
  for (const button of host.parentElement.querySelectorAll('[data-zoom]')) {
    button.addEventListener('click', () => {
      if (button.dataset.zoom === 'fit') viewer.get('canvas').zoom('fit-viewport', 'auto');
      else viewer.get('zoomScroll').stepZoom(steps[button.dataset.zoom]);
    });
  }
}

async function show(host) {
  if (host.dataset.shown) return;
  host.dataset.shown = 'loading';
  try {
    const xml = await xmlOf(host);
    const viewer = new NavigatedViewer({ container: host, zoomScroll: { enabled: false } });
    await viewer.importXML(xml);
    const marks = JSON.parse(host.dataset.marks || '{}');
    mark(viewer, marks);
    frame(viewer, marks);
    host.querySelector('.bjs-powered-by')?.setAttribute('aria-label', 'bpmn.io');
    wireButtons(host, viewer);
    host.dataset.shown = 'yes';
  } catch (error) {
    host.dataset.shown = 'failed';
    host.textContent = `${host.dataset.failed} (${error.message})`;
  }
}

for (const host of document.querySelectorAll('[data-diagram]')) {
  const fold = host.closest('details');
  if (!fold || fold.open) show(host);
  else fold.addEventListener('toggle', () => show(host), { once: true });
}
