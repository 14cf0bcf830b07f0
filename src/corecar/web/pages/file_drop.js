export default {
  template: `<div class="no-print"><div v-if="fields.length" class="row">
      <div class="field" v-for="one of fields" :key="one.name"><label :for="'send-' + one.name">{{ one.label }}</label>
        <select v-if="one.kind === 'choice'" :id="'send-' + one.name" v-model="given[one.name]">
          <option v-for="(told, code) of one.choices" :key="code" :value="code">{{ told }}</option></select>
        <input v-else :id="'send-' + one.name" v-model="given[one.name]" :inputmode="one.kind === 'number' ? 'decimal' : 'text'">
      </div></div>
    <div class="drop" :class="{over}" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="dropped">
    <label class="btn"><span>{{ words }}</span><input ref="i" type="file" :multiple="several" @change="send($refs.i.files)"></label>
    <span class="explanation" role="status">{{ told }}</span>
    <div v-if="part !== null" class="progress" role="progressbar" :aria-label="words" aria-valuemin="0" aria-valuemax="100"
      :aria-valuenow="part"><div :style="{width: part + '%'}"></div></div></div></div>`,
  props: {
    words: String, failed: String, missing: String, refused: String, to: String, field: String, fields: Array, opens: String, answered: String,
    several: Boolean, header: String, token: String, fixed: Object, shown: Boolean,
  },
  data() {
    const given = {};
    for (const one of this.fields) given[one.name] = one.value;
    return { over: false, told: "", part: null, given };
  },
  watch: { refused(words) { if (words) this.told = words; } },
  methods: {
    dropped(event) { this.over = false; this.send(event.dataTransfer.files); },
    chosen() {
      const found = { ...this.fixed };
      for (const one of this.fields) {
        const text = String(this.given[one.name]).trim();
        if (!text) continue;
        if (one.kind === "number") found[one.name] = Number.isFinite(Number(text)) ? Number(text) : text;
        else if (one.kind === "list") found[one.name] = text.split(/[,，]/).map((word) => word.trim()).filter((word) => word);
        else found[one.name] = text;
      }
      return found;
    },
    send(files) {
      if (!files.length) return;
      const lacking = this.fields.filter((one) => one.needed && !String(this.given[one.name]).trim()).map((one) => one.label);
      if (lacking.length) { this.$refs.i.value = ""; this.told = this.missing + " " + lacking.join(", "); return; }
      const form = new FormData(), call = new XMLHttpRequest();
      for (const file of files) form.append(this.field, file, file.name);
      const given = this.chosen();
      if (Object.keys(given).length) form.append("arguments", JSON.stringify(given));
      this.told = "";
      call.open("POST", this.to);
      call.setRequestHeader(this.header, this.token);
      call.upload.onprogress = (event) => { this.part = Math.round((100 * event.loaded) / event.total); };
      call.onload = () => {
        let body = {};
        try { body = JSON.parse(call.responseText); } catch (error) { body = {}; }
        if (this.shown && call.status === 200) { this.part = null; this.$refs.i.value = ""; this.$emit("answered", body); }
        else if (body.job) window.location.assign("/jobs/" + body.job);
        else if (call.status === 200 && this.opens) window.location.assign(this.opens.replace("{}", body[this.answered]));
        else { this.part = null; this.$refs.i.value = ""; this.told = this.failed; if (body.detail) this.$emit("refused", body.detail); }
      };
      call.onerror = () => { this.part = null; this.$refs.i.value = ""; this.told = this.failed; };
      call.send(form);
    },
  },
};
