// What every component shares: payloads, half floats, colours, small DOM helpers, and the selection that all views of a page follow.

/** Decode the bytes of `ui.kit.components.pack`: `{header, arrays}`, every array a copy of its own. */
export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.slice(4 + length); // a copy at offset 0: typed arrays need alignment
  const kinds = { float32: Float32Array, float16: Uint16Array, uint8: Uint8Array, int32: Int32Array };
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const count = shape.reduce((a, b) => a * b, 1);
    const raw = new kinds[dtype](body.buffer, offset, count);
    arrays[name] = dtype === "float16" ? halfToFloat(raw) : raw;
  }
  return { header, arrays };
}

const HALVES = (globalThis.__vitHalves ??= (() => {
  const table = new Float32Array(65536);
  const bits = new Uint32Array(table.buffer);
  for (let h = 0; h < 65536; h++) {
    const sign = (h & 0x8000) << 16;
    const exponent = (h >> 10) & 31;
    const mantissa = h & 1023;
    if (exponent === 0) table[h] = (sign ? -1 : 1) * mantissa * 2 ** -24;
    else bits[h] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  }
  return table;
})());

/** Half floats, given as 16-bit integers, as 32-bit floats. */
export function halfToFloat(halves) {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = HALVES[halves[i]];
  return floats;
}

/** A colour map as 256 pixels of a canvas (little-endian RGBA). */
export function colourTable(name) {
  const raw = atob(globalThis.__vitColourTables[name]);
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    table[i] = 0xff000000 | (raw.charCodeAt(3 * i + 2) << 16) | (raw.charCodeAt(3 * i + 1) << 8) | raw.charCodeAt(3 * i);
  }
  return table;
}

/** A colour map as the stops of a CSS gradient. */
export function gradient(table) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map(
    (i) => `rgb(${table[i] & 255},${(table[i] >> 8) & 255},${(table[i] >> 16) & 255})`,
  );
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** A number with four significant digits, as a person reads it. */
export function four(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-4) return value.toExponential(3).replace("e-", "e−");
  return value.toPrecision(4).replace("-", "−");
}

/** An element with attributes (`on…` are listeners) and children. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** The picture of a payload, decoded: resolves to an ImageBitmap. */
export function decodePicture(bytes) {
  return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
}

/** Hand a canvas to the person as a PNG file. */
export function savePng(canvas, name) {
  canvas.toBlob((blob) => {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

/** What a person calls a token, rows and columns from 1. */
export function tokenName(header, token) {
  if (token < header.prefix.length) return header.prefix[token];
  const patch = token - header.prefix.length;
  return `row ${Math.floor(patch / header.grid[1]) + 1}, col ${(patch % header.grid[1]) + 1}`;
}

/** At most one call of `draw` a frame, however often it is asked for. */
export function everyFrame(draw) {
  let waiting = null;
  return () => {
    waiting ??= requestAnimationFrame(() => {
      waiting = null;
      draw();
    });
  };
}

/** The token after an arrow key, Home or End; null for another key. Arrow up from the first row reaches the prefix tokens. */
export function stepToken(header, token, key) {
  const [rows, cols] = header.grid;
  const first = header.prefix.length;
  const last = first + rows * cols - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (token < first) {
    if (key === "ArrowLeft" || key === "ArrowUp") return Math.max(0, token - 1);
    if (key === "ArrowRight" || key === "ArrowDown") return token + 1;
    return null;
  }
  const row = Math.floor((token - first) / cols);
  const col = (token - first) % cols;
  if (key === "ArrowLeft") return Math.max(0, token - 1);
  if (key === "ArrowRight") return Math.min(last, token + 1);
  if (key === "ArrowUp") return row > 0 ? token - cols : Math.max(0, first - 1);
  if (key === "ArrowDown") return row < rows - 1 ? token + cols : first + (rows - 1) * cols + col;
  return null;
}

/**
 * The selection that all views share. `preview` is seen by the views at once and stays in the browser; `commit` also goes to the server.
 * `adopt` takes what the server says, unless a newer change is still on its way there.
 */
export const store = (globalThis.__vitStore ??= {
  selection: {},
  at: 0,
  send: null,
  open: null,
  listeners: new Set(),
  preview(changes) {
    this.selection = { ...this.selection, ...changes };
    for (const listener of this.listeners) listener(this.selection);
  },
  commit(changes) {
    this.preview(changes);
    this.at += 1;
    this.unsent = { ...this.unsent, ...changes };
    this.send?.({ at: this.at, values: this.unsent });
  },
  adopt(selection, echo) {
    if (echo < this.at) return;
    this.at = echo;
    this.unsent = {};
    if (Object.keys(selection).some((key) => selection[key] !== this.selection[key])) this.preview(selection);
  },
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  },
});

/**
 * The default export of a component: `create(root, api)` runs once a mount and returns `{update(data), destroy()}`.
 *
 * Streamlit calls again with new data on the same element. It loads this module for each call, and the browser may answer loads that wait
 * together in any order, so a call may come after a newer one. Of the calls that a newer one replaced before they came, Streamlit runs the
 * cleanup at once: the view stays, and goes back to what the call that counts has brought. The last call's cleanup is run at unmount.
 */
export function mounts(create) {
  const views = new WeakMap();
  const draw = (view, call) => {
    view.drawn = call;
    view.api = call.api;
    view.update(call.data, call.api);
  };
  return ({ data, parentElement, setStateValue, setTriggerValue }) => {
    const call = { data, api: { setStateValue, setTriggerValue }, counts: false };
    let view = views.get(parentElement);
    if (!view) {
      const root = el("div", { class: "vit" });
      parentElement.append(root);
      view = Object.assign(create(root, call.api), { root, calls: new Set() });
      views.set(parentElement, view);
    }
    view.calls.add(call);
    draw(view, call);
    setTimeout(() => {
      if (!view.calls.has(call)) return; // it was replaced
      for (const other of view.calls) if (other.counts) view.calls.delete(other);
      call.counts = true;
    });
    return () => {
      view.calls.delete(call);
      if (view.calls.size && parentElement.isConnected) {
        if (view.drawn === call) draw(view, [...view.calls].at(-1));
      } else if (views.get(parentElement) === view) {
        views.delete(parentElement);
        view.destroy?.();
        view.root.remove();
      }
    };
  };
}
