export default {
  template: `<form class="terms-form" @submit.prevent="send" novalidate>
    <section v-for="(group, g) of groups" :key="g"><h2>{{ group.title }}</h2>
      <div class="scroll" tabindex="0"><table class="read sides" :aria-label="group.title">
        <thead v-if="group.columns"><tr>
          <th v-for="c of group.columns" :key="c.name" :colspan="c.key ? 1 : 2" scope="col">{{ c.label }}</th><td></td></tr>
          <tr class="quiet"><template v-for="c of group.columns" :key="c.name"><td v-if="c.key"></td>
            <template v-else><th scope="col">{{ words.before }}</th><th scope="col">{{ words.after }}</th></template></template><td></td></tr></thead>
        <thead v-else><tr><th scope="col">{{ words.field }}</th><th scope="col">{{ words.before }}</th><th scope="col">{{ words.after }}</th></tr></thead>
        <tbody v-if="group.columns">
          <tr v-for="(row, r) of group.rows" :key="row.at" :class="{changed: rowChanged(row), gone: row.gone}">
            <template v-for="c of group.columns" :key="c.name">
              <th v-if="c.key" scope="row"><input v-if="row.added" v-model="row.now[c.name]" :aria-label="c.label" :placeholder="c.hint"><span v-else>{{ row.name }}</span></th>
              <template v-else><td class="was number">{{ row.was[c.name] || '–' }}</td>
                <td :class="{now: differs(row, c.name)}"><input inputmode="decimal" v-model="row.now[c.name]" :disabled="row.gone" :aria-label="(row.name || row.now[group.columns[0].name]) + ', ' + c.label"></td></template>
            </template>
            <td><button type="button" class="link-act" @click="row.added ? group.rows.splice(r, 1) : row.gone = !row.gone">{{ row.gone ? words.keep : words.drop }}</button>
              <span v-if="rowChanged(row)" class="mark">{{ words.changed }}</span></td></tr>
        </tbody>
        <tbody v-else><tr v-for="row of group.rows" :key="row.path" :class="{changed: row.value !== row.before}">
          <th scope="row"><label :for="'t-' + row.path">{{ row.label }}</label></th>
          <td class="was">{{ row.told || '–' }}</td>
          <td :class="{now: row.value !== row.before}"><select v-if="row.choices" :id="'t-' + row.path" v-model="row.value">
              <option v-for="one of row.choices" :key="one[0]" :value="one[0]">{{ one[1] }}</option></select>
            <textarea v-else-if="row.kind === 'long'" :id="'t-' + row.path" v-model="row.value" rows="2"></textarea>
            <input v-else :id="'t-' + row.path" v-model="row.value" :type="row.kind === 'day' ? 'date' : 'text'" :inputmode="row.kind === 'number' ? 'decimal' : 'text'">
            <span v-if="row.value !== row.before" class="mark">{{ words.changed }}</span></td></tr></tbody></table></div>
      <p v-if="group.columns"><button type="button" class="btn" @click="add(group)">{{ group.more }}</button></p>
    </section>
    <div class="doing"><span role="status">{{ words.count.replace('COUNT', changes().length) }}</span>
      <label v-for="one of extra" :key="one.name" class="field"><span>{{ one.label }}</span><input v-model="given[one.name]" :type="one.kind"></label>
      <button class="btn main-act">{{ words.send }}</button>
      <button type="button" class="btn" @click="back">{{ words.undo }}</button></div>
  </form>`,
  props: { made: Array, words: Object, extra: Array },
  data() {
    const given = {};
    for (const one of this.extra) given[one.name] = "";
    return { groups: this.fresh(), given };
  },
  methods: {
    fresh() { return JSON.parse(JSON.stringify(this.made)); },
    back() { this.groups = this.fresh(); },
    differs(row, name) { return row.now[name] !== row.was[name]; },
    rowChanged(row) { return row.added || row.gone || Object.keys(row.was).some((name) => this.differs(row, name)); },
    add(group) {
      const now = {}, was = {};
      for (const one of group.columns) { now[one.name] = ""; if (!one.key) was[one.name] = ""; }
      group.rows.push({ at: "+" + group.rows.length + "-" + Date.now(), name: "", now, was, added: true, gone: false });
    },
    changes() {
      const found = [];
      for (const group of this.groups) {
        if (!group.columns) {
          for (const row of group.rows) if (row.value !== row.before) found.push({ path: row.path, value: row.value, kind: row.kind });
          continue;
        }
        for (const row of group.rows) {
          const path = group.list + "[" + row.name + "]";
          if (row.added) found.push({ list: group.list, added: row.now });
          else if (row.gone) found.push({ path, value: "", kind: "text" });
          else for (const name of Object.keys(row.was)) if (this.differs(row, name)) found.push({ path: path + "." + name, value: row.now[name], kind: "number" });
        }
      }
      return found;
    },
    send() { this.$emit("done", { changes: this.changes(), given: { ...this.given } }); },
  },
};
