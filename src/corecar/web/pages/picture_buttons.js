// Takes drawings along: an SVG as it looks now, or as a PNG; canvases as one PNG, side by side with their captions.
const LOOK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-weight", "font-family",
  "paint-order", "stroke-linejoin", "opacity"];
const save = (url, name) => {
  const link = document.createElement("a");
  link.href = url; link.download = name; document.body.appendChild(link); link.click(); link.remove();
};
const paper = () => getComputedStyle(document.body).backgroundColor;
const ink = () => getComputedStyle(document.body).color;

export default {
  template: `<span class="picture-buttons no-print"><button type="button" class="link-act" v-if="vector" @click="svg"
    :aria-label="words[0] + ' SVG'">SVG</button><button type="button" class="link-act" @click="png"
    :aria-label="words[0] + ' PNG'">PNG</button></span>`,
  props: { name: String, words: Array, vector: Boolean },
  methods: {
    found(what) { return [...this.$el.closest("[data-picture]").querySelectorAll(what)]; },
    alone() {
      const from = this.found("svg")[0], copy = from.cloneNode(true);
      const olds = [from, ...from.querySelectorAll("*")], news = [copy, ...copy.querySelectorAll("*")];
      olds.forEach((old, i) => {
        const style = getComputedStyle(old);
        if (old instanceof SVGElement) news[i].setAttribute("style", LOOK.map((k) => `${k}:${style.getPropertyValue(k)}`).join(";"));
      });
      const box = from.viewBox.baseVal;
      copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
      copy.setAttribute("width", box.width); copy.setAttribute("height", box.height);
      const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
      back.setAttribute("width", box.width); back.setAttribute("height", box.height); back.setAttribute("fill", paper());
      copy.insertBefore(back, copy.firstChild);
      return [new XMLSerializer().serializeToString(copy), box.width, box.height];
    },
    svg() {
      const url = URL.createObjectURL(new Blob([this.alone()[0]], { type: "image/svg+xml" }));
      save(url, `${this.name}.svg`); setTimeout(() => URL.revokeObjectURL(url), 5000);
    },
    png() {
      if (!this.vector) { this.tiled(); return; }
      const [text, width, height] = this.alone(), picture = new Image();
      picture.onload = () => {
        const canvas = document.createElement("canvas");
        canvas.width = 2 * width; canvas.height = 2 * height;
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        save(canvas.toDataURL("image/png"), `${this.name}.png`);
      };
      picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
    },
    tiled() {
      const all = this.found("canvas"), across = Math.ceil(Math.sqrt(all.length)), room = 24;
      const wide = Math.max(...all.map((c) => c.width)), high = Math.max(...all.map((c) => c.height)) + room;
      const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
      canvas.width = wide * across; canvas.height = high * Math.ceil(all.length / across);
      pen.fillStyle = paper(); pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.fillStyle = ink(); pen.font = "12px sans-serif";
      all.forEach((each, i) => {
        const x = (i % across) * wide, y = Math.floor(i / across) * high;
        pen.drawImage(each, x, y);
        const said = each.closest("figure")?.querySelector("figcaption")?.textContent || each.getAttribute("aria-label");
        pen.fillText(said, x + 4, y + high - 8);
      });
      save(canvas.toDataURL("image/png"), `${this.name}.png`);
    },
  },
};
