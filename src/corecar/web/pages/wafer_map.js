const bytes = (text, kind) => new kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const RADIUS = 94, EDGE = 98; // of the dies and of the wafer's edge in a drawn map of 200 by 200
const DIES_FROM = 4; // px of a die from which gaps and outlines have room

export default {
  template: `<div style="position:relative"><canvas ref="c" :class="big ? 'map-canvas' : 'map-small'" :tabindex="big ? 0 : -1"
    role="img" :aria-label="label"></canvas><div ref="t" class="map-tip" style="display:none"></div></div>`,
  props: { x: String, y: String, colour: String, mark: String, value: String, unit: String, words: Array, palette: Array,
    label: String, big: Boolean, chosen: Number, lie: Object },
  mounted() {
    this.view = null; this.ringed = this.chosen;
    this.read();
    this.observer = new ResizeObserver(() => this.later());
    this.observer.observe(this.$refs.c);
    this.light = window.matchMedia("(prefers-color-scheme: dark)");
    this.turned = () => { this.paint(); this.later(); };
    this.light.addEventListener("change", this.turned);
    if (this.big) this.listen();
  },
  unmounted() { this.observer.disconnect(); this.light.removeEventListener("change", this.turned); },
  updated() { this.read(); this.later(); },
  methods: {
    read() {
      this.xs = bytes(this.x, Int32Array); this.ys = bytes(this.y, Int32Array);
      this.shades = bytes(this.colour, Uint8Array); this.marks = bytes(this.mark, Int32Array);
      this.values = this.value ? bytes(this.value, Float32Array) : null;
      // Places on the page: X to the right, Y upwards, whichever way the wafer's own coordinates grow.
      const [least, most, low, high] = this.lie.extent, right = this.lie.x_right ? 1 : -1, up = this.lie.y_down ? -1 : 1;
      this.px = this.xs.map((x) => x * right); this.py = this.ys.map((y) => y * up);
      this.wide = most - least + 1; this.high = high - low + 1;
      this.box = { x0: (right > 0 ? least : -most) - 0.5, y1: (up > 0 ? high : -low) + 0.5 };
      // The wafer around them, as tall dies are high; its edge and the room around it are those of the drawn maps.
      const aspect = this.lie.aspect, across = this.wide * aspect, down = this.high;
      const full = Math.min(this.wide, this.high) >= 8;
      const reach = full ? (Math.max(across, down) / 2) * 1.04 : Math.hypot(across, down) / 2;
      this.edge = (reach * EDGE) / RADIUS;
      const middle = { x: this.box.x0 + this.wide / 2, y: this.box.y1 - this.high / 2 }, half = (reach * 100) / RADIUS;
      this.middle = middle;
      this.all = { x0: middle.x - half / aspect, x1: middle.x + half / aspect, y0: middle.y - half, y1: middle.y + half };
      this.paint();
    },
    // Every die is one pixel of a picture beside the page; moving and zooming only stretch that picture.
    paint() {
      if (!this.xs.length) return;
      const style = getComputedStyle(document.documentElement);
      const look = (name) => (name.startsWith("#") ? name : style.getPropertyValue(name).trim());
      this.ink = look("--ink"); this.paper = look("--paper"); this.line = look("--line"); this.faint = look("--faint");
      this.accent = look("--accent");
      const picture = document.createElement("canvas");
      picture.width = this.wide; picture.height = this.high;
      const pen = picture.getContext("2d"), image = pen.createImageData(this.wide, this.high);
      const pixels = new Uint32Array(image.data.buffer);
      const packed = (colour) => {
        const n = parseInt(colour.slice(1, 7), 16);
        return (255 << 24) | ((n & 255) << 16) | (((n >> 8) & 255) << 8) | (n >> 16);
      };
      const shades = this.palette.map((name) => packed(look(name)));
      this.index = new Int32Array(this.wide * this.high).fill(-1);
      const left = this.box.x0 + 0.5, top = this.box.y1 - 0.5;
      for (let i = 0; i < this.xs.length; i++) {
        const at = (top - this.py[i]) * this.wide + this.px[i] - left;
        pixels[at] = shades[this.shades[i]]; this.index[at] = i;
      }
      this.marked = new Set(this.marks);
      const ink = packed(this.ink);
      this.fine = picture; pen.putImageData(image, 0, 0);
      this.coarse = picture; // where a die has no room for an outline, a rejected one is dark
      if (this.marks.length) {
        for (const i of this.marks) pixels[(top - this.py[i]) * this.wide + this.px[i] - left] = ink;
        this.coarse = document.createElement("canvas");
        this.coarse.width = this.wide; this.coarse.height = this.high;
        this.coarse.getContext("2d").putImageData(image, 0, 0);
      }
    },
    later() {
      if (!this.asked) this.asked = requestAnimationFrame(() => { this.asked = 0; this.draw(); });
    },
    draw() {
      const canvas = this.$refs.c, sharp = window.devicePixelRatio || 1;
      if (!canvas) return;
      const width = canvas.clientWidth, height = canvas.clientHeight;
      if (!width || !this.xs.length) return;
      const begun = performance.now();
      if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
        canvas.width = Math.round(width * sharp); canvas.height = Math.round(height * sharp);
      }
      const pen = canvas.getContext("2d"), view = this.view || this.all;
      pen.setTransform(sharp, 0, 0, sharp, 0, 0); pen.clearRect(0, 0, width, height);
      const side = Math.min(width, height) - 4;
      const stepX = side / (view.x1 - view.x0), stepY = side / (view.y1 - view.y0), least = Math.min(stepX, stepY);
      const left = (width - side) / 2, top = (height - side) / 2;
      this.place = { left, top, stepX, stepY, view };
      const x = left + (this.box.x0 - view.x0) * stepX, y = top + (view.y1 - this.box.y1) * stepY;
      this.outline(pen, left + (this.middle.x - view.x0) * stepX, top + (view.y1 - this.middle.y) * stepY, this.edge * stepY);
      pen.imageSmoothingEnabled = least < 1; // below a pixel neighbours are averaged, so that none is dropped
      pen.drawImage(least < DIES_FROM ? this.coarse : this.fine, x, y, this.wide * stepX, this.high * stepY);
      if (least >= DIES_FROM) {
        pen.save(); pen.clip(this.around);
        this.gaps(pen, x, y, stepX, stepY, width, height);
        pen.restore();
        this.outlines(pen, stepX, stepY, width, height);
      }
      if (this.ringed >= 0) this.ring(pen, stepX, stepY);
      window.mapDrawMs = performance.now() - begun;
    },
    // The wafer's edge, with its notch or flat on the side that the file names; a plain circle where it names none.
    outline(pen, x, y, edge) {
      const turn = { D: 0, L: 0.5, U: 1, R: 1.5 }[this.lie.flat], half = this.lie.notched ? 4 / EDGE : 0.3;
      const path = this.around = new Path2D();
      if (turn === undefined) path.arc(x, y, edge, 0, 2 * Math.PI);
      else { // angles run clockwise from the right
        const at = Math.PI * (0.5 + turn), wide = Math.asin(half), deep = edge * (Math.cos(wide) - 5 / EDGE);
        path.arc(x, y, edge, at + wide, at - wide + 2 * Math.PI);
        if (this.lie.notched) path.lineTo(x + deep * Math.cos(at), y + deep * Math.sin(at));
        path.closePath();
      }
      pen.fillStyle = this.faint; pen.fill(path); pen.strokeStyle = this.line; pen.lineWidth = 1; pen.stroke(path);
    },
    gaps(pen, x, y, stepX, stepY, width, height) {
      pen.strokeStyle = this.paper; pen.lineWidth = 0.8; pen.beginPath();
      for (let i = Math.max(0, Math.floor(-x / stepX)); i <= this.wide && x + i * stepX <= width; i++) {
        pen.moveTo(x + i * stepX, Math.max(y, 0)); pen.lineTo(x + i * stepX, Math.min(y + this.high * stepY, height));
      }
      for (let i = Math.max(0, Math.floor(-y / stepY)); i <= this.high && y + i * stepY <= height; i++) {
        pen.moveTo(Math.max(x, 0), y + i * stepY); pen.lineTo(Math.min(x + this.wide * stepX, width), y + i * stepY);
      }
      pen.stroke();
    },
    outlines(pen, stepX, stepY, width, height) {
      const p = this.place, thin = Math.max(1, Math.min(stepX, stepY) / 6);
      pen.strokeStyle = this.ink; pen.fillStyle = this.paper; pen.lineWidth = thin;
      for (const i of this.marks) {
        const x = p.left + (this.px[i] - 0.5 - p.view.x0) * stepX, y = p.top + (p.view.y1 - this.py[i] - 0.5) * stepY;
        if (x + stepX < 0 || y + stepY < 0 || x > width || y > height) continue;
        if (this.words[0] || !this.values) pen.fillRect(x + thin, y + thin, stepX - 2 * thin, stepY - 2 * thin);
        else { // a reading keeps its colour inside of the outline
          pen.strokeStyle = this.paper; pen.lineWidth = 2 * thin;
          pen.strokeRect(x + thin, y + thin, stepX - 2 * thin, stepY - 2 * thin);
          pen.strokeStyle = this.ink; pen.lineWidth = thin;
        }
        pen.strokeRect(x + thin, y + thin, stepX - 2 * thin, stepY - 2 * thin);
      }
    },
    // The ring around the chosen die: as large as the die, yet never so small that it would be overlooked.
    ring(pen, stepX, stepY) {
      const p = this.place, wide = Math.max(stepX, 12), high = Math.max(stepY, 12);
      const x = p.left + (this.px[this.ringed] - p.view.x0) * stepX, y = p.top + (p.view.y1 - this.py[this.ringed]) * stepY;
      for (const [colour, thick] of [[this.paper, 7], [this.accent, 3]]) {
        pen.strokeStyle = colour; pen.lineWidth = thick;
        pen.strokeRect(x - wide / 2 - 1, y - high / 2 - 1, wide + 2, high + 2);
      }
    },
    dieAt(event) {
      const box = this.$refs.c.getBoundingClientRect(), p = this.place;
      if (!p) return -1;
      const x = Math.round((event.clientX - box.left - p.left) / p.stepX + p.view.x0) - (this.box.x0 + 0.5);
      const y = this.box.y1 - 0.5 - Math.round(p.view.y1 - (event.clientY - box.top - p.top) / p.stepY);
      return x < 0 || y < 0 || x >= this.wide || y >= this.high ? -1 : this.index[y * this.wide + x];
    },
    told(die) {
      const lines = [`X ${this.xs[die]}, Y ${this.ys[die]}`];
      if (this.values) {
        const value = this.values[die];
        const shown = Number.isNaN(value) ? "–" : `${Number(value.toPrecision(6))} ${this.unit}`;
        lines.push(this.words[0] ? `${this.words[0]} ${shown}` : shown);
      }
      if (this.marked.has(die)) lines.push(this.words[1]);
      return lines.join("\n");
    },
    move(dx, dy) {
      const p = this.place, v = this.view || this.all, x = dx / p.stepX, y = dy / p.stepY;
      this.view = { x0: v.x0 - x, x1: v.x1 - x, y0: v.y0 + y, y1: v.y1 + y };
      this.later();
    },
    zoom(factor, atX, atY) {
      const v = this.view || this.all, fx = atX ?? (v.x0 + v.x1) / 2, fy = atY ?? (v.y0 + v.y1) / 2;
      const wide = (v.x1 - v.x0) * factor;
      if (wide < 2 || wide > 3 * (this.all.x1 - this.all.x0)) return;
      this.view = { x0: fx - (fx - v.x0) * factor, x1: fx + (v.x1 - fx) * factor,
        y0: fy - (fy - v.y0) * factor, y1: fy + (v.y1 - fy) * factor };
      this.later();
    },
    listen() {
      const canvas = this.$refs.c, tip = this.$refs.t;
      let from = null, far = 0;
      canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        const box = canvas.getBoundingClientRect(), p = this.place;
        this.zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, (event.clientX - box.left - p.left) / p.stepX + p.view.x0,
          p.view.y1 - (event.clientY - box.top - p.top) / p.stepY);
      }, { passive: false });
      canvas.addEventListener("pointerdown", (event) => { from = event; far = 0; canvas.setPointerCapture(event.pointerId); });
      canvas.addEventListener("pointermove", (event) => {
        if (from && event.buttons) {
          far += Math.abs(event.clientX - from.clientX) + Math.abs(event.clientY - from.clientY);
          this.move(event.clientX - from.clientX, event.clientY - from.clientY); from = event; return;
        }
        const die = this.dieAt(event), box = canvas.getBoundingClientRect();
        tip.style.display = die < 0 ? "none" : "block";
        if (die >= 0) {
          tip.textContent = this.told(die);
          tip.style.left = Math.min(event.clientX - box.left + 12, box.width - 160) + "px";
          tip.style.top = event.clientY - box.top + 12 + "px";
        }
      });
      canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; });
      canvas.addEventListener("pointerup", (event) => {
        if (from && far < 4) { const die = this.dieAt(event); if (die >= 0) { this.ringed = die; this.later(); this.$emit("die", die); } }
        from = null;
      });
      canvas.addEventListener("dblclick", () => { this.view = null; this.later(); });
      canvas.addEventListener("keydown", (event) => {
        const keys = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
        if (keys[event.key]) { event.preventDefault(); this.move(...keys[event.key]); }
        if (event.key === "+" || event.key === "=") this.zoom(1 / 1.3);
        if (event.key === "-") this.zoom(1.3);
        if (event.key === "0" || event.key === "Escape") { this.view = null; this.later(); }
      });
    },
  },
};
