// Which columns of the table beside it are shown: a list of boxes under one button. The grid keeps what is chosen.
export default {
  template: `<details class="columns no-print" ref="d" @toggle="read" @keydown.esc.stop="close"><summary class="btn" ref="s">{{ words[0] }}<span
    v-if="away"> ({{ words[1].replace("0", away) }})</span></summary><fieldset><legend>{{ words[2] }}</legend><label
    v-for="one in columns" :key="one.name"><input type="checkbox" :checked="one.shown" :disabled="one.shown && last"
    @change="show(one, $event.target.checked)"> {{ one.head }}</label><button type="button" class="link-act"
    @click="all">{{ words[3] }}</button></fieldset></details>`,
  props: { grid: Number, words: Array },
  data: () => ({ columns: [] }),
  computed: {
    away() { return this.columns.filter((one) => !one.shown).length; },
    last() { return this.columns.length - this.away === 1; },
  },
  mounted() {
    this.elsewhere = (event) => { if (!this.$refs.d.contains(event.target)) this.$refs.d.open = false; };
    document.addEventListener("pointerdown", this.elsewhere);
    this.waiting = setInterval(() => { if (this.api()) { clearInterval(this.waiting); this.read(); } }, 100);
  },
  unmounted() { clearInterval(this.waiting); document.removeEventListener("pointerdown", this.elsewhere); },
  methods: {
    api() { return this.$root.$refs["r" + this.grid]?.api; },
    read() {
      const columns = this.api()?.getColumns() || [];
      this.columns = columns.map((one) => (
        { name: one.getColId(), head: one.getColDef().headerName, shown: one.isVisible() }));
    },
    show(one, shown) { this.set([one.name], shown); },
    all() { this.set(this.columns.map((one) => one.name), true); },
    set(names, shown) {
      const api = this.api();
      api.setColumnsVisible(names, shown);
      if (shown) api.autoSizeColumns(names);
      this.read();
    },
    close() { this.$refs.d.open = false; this.$refs.s.focus(); },
  },
};
