export default {
  template: `<div style="position:relative"><canvas ref="c" :class="big ? 'map-canvas' : 'map-small'" :tabindex="big ? 0 : -1"
    role="img" :aria-label="label"></canvas><div ref="t" class="map-tip" style="display:none"></div></div>`,
  props: { x: Array, y: Array, colour: Array, told: Array, palette: Array, label: String, big: Boolean },
  mounted() {
    this.view = null;
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.$refs.c);
    if (this.big) this.listen();
  },
  unmounted() { this.observer.disconnect(); },
  updated() { this.draw(); },
  methods: {
    colours() {
      const style = getComputedStyle(document.documentElement);
      return this.palette.map((name) => (name.startsWith("#") ? name : style.getPropertyValue(name).trim()));
    },
    whole() {
      const low = (list) => list.reduce((a, b) => Math.min(a, b), Infinity);
      const high = (list) => list.reduce((a, b) => Math.max(a, b), -Infinity);
      return { x0: low(this.x) - 0.5, x1: high(this.x) + 0.5, y0: low(this.y) - 0.5, y1: high(this.y) + 0.5 };
    },
    draw() {
      const canvas = this.$refs.c, sharp = window.devicePixelRatio || 1;
      const width = canvas.clientWidth, height = canvas.clientHeight;
      if (!width || !this.x.length) return;
      canvas.width = width * sharp; canvas.height = height * sharp;
      const pen = canvas.getContext("2d"), all = this.whole(), view = this.view || all;
      pen.scale(sharp, sharp); pen.clearRect(0, 0, width, height);
      const side = Math.min(width, height) - 4;
      const stepX = side / (view.x1 - view.x0), stepY = side / (view.y1 - view.y0);
      const left = (width - side) / 2, top = (height - side) / 2, gap = Math.min(stepX, stepY) > 4 ? 0.6 : 0;
      this.place = { left, top, stepX, stepY, view };
      const shades = this.colours();
      const order = new Map();
      for (let i = 0; i < this.x.length; i++) {
        if (this.x[i] + 0.5 < view.x0 || this.x[i] - 0.5 > view.x1 || this.y[i] + 0.5 < view.y0 || this.y[i] - 0.5 > view.y1) continue;
        if (!order.has(this.colour[i])) order.set(this.colour[i], []);
        order.get(this.colour[i]).push(i);
      }
      for (const [shade, dies] of order) {
        pen.fillStyle = shades[shade];
        for (const i of dies) {
          pen.fillRect(left + (this.x[i] - 0.5 - view.x0) * stepX, top + (view.y1 - this.y[i] - 0.5) * stepY,
            Math.max(stepX - gap, 0.7), Math.max(stepY - gap, 0.7));
        }
      }
    },
    dieAt(event) {
      const box = this.$refs.c.getBoundingClientRect(), p = this.place;
      if (!p) return -1;
      const x = Math.round((event.clientX - box.left - p.left) / p.stepX + p.view.x0);
      const y = Math.round(p.view.y1 - (event.clientY - box.top - p.top) / p.stepY);
      if (!this.index) {
        this.index = new Map();
        for (let i = 0; i < this.x.length; i++) this.index.set(this.x[i] + "," + this.y[i], i);
      }
      const found = this.index.get(x + "," + y);
      return found === undefined ? -1 : found;
    },
    move(dx, dy) {
      const p = this.place, v = p.view, x = dx / p.stepX, y = dy / p.stepY;
      this.view = { x0: v.x0 - x, x1: v.x1 - x, y0: v.y0 + y, y1: v.y1 + y };
      this.draw();
    },
    zoom(factor, atX, atY) {
      const v = this.place.view, fx = atX ?? (v.x0 + v.x1) / 2, fy = atY ?? (v.y0 + v.y1) / 2;
      this.view = { x0: fx - (fx - v.x0) * factor, x1: fx + (v.x1 - fx) * factor,
        y0: fy - (fy - v.y0) * factor, y1: fy + (v.y1 - fy) * factor };
      this.draw();
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
          tip.textContent = this.told && this.told[die] ? this.told[die] : this.x[die] + ", " + this.y[die];
          tip.style.left = Math.min(event.clientX - box.left + 12, box.width - 160) + "px";
          tip.style.top = event.clientY - box.top + 12 + "px";
        }
      });
      canvas.addEventListener("pointerleave", () => { tip.style.display = "none"; });
      canvas.addEventListener("pointerup", (event) => {
        if (from && far < 4) { const die = this.dieAt(event); if (die >= 0) this.$emit("die", die); }
        from = null;
      });
      canvas.addEventListener("dblclick", () => { this.view = null; this.draw(); });
      canvas.addEventListener("keydown", (event) => {
        const keys = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
        if (keys[event.key]) { event.preventDefault(); this.move(...keys[event.key]); }
        if (event.key === "+" || event.key === "=") this.zoom(1 / 1.3);
        if (event.key === "-") this.zoom(1.3);
        if (event.key === "0" || event.key === "Escape") { this.view = null; this.draw(); }
      });
    },
  },
};
