export default {
  template: `<div class="drop" :class="{over}" @dragover.prevent="over = true" @dragleave="over = false" @drop.prevent="dropped">
    <label class="btn"><span>{{ words }}</span><input ref="i" type="file" multiple @change="send($refs.i.files)"></label>
    <span class="explanation" role="status">{{ told }}</span>
    <div v-if="part !== null" class="progress" role="progressbar" :aria-label="words" aria-valuemin="0" aria-valuemax="100"
      :aria-valuenow="part"><div :style="{width: part + '%'}"></div></div></div>`,
  props: { words: String, failed: String, to: String, field: String, header: String, token: String },
  data() { return { over: false, told: "", part: null }; },
  methods: {
    dropped(event) { this.over = false; this.send(event.dataTransfer.files); },
    send(files) {
      if (!files.length) return;
      const form = new FormData(), call = new XMLHttpRequest();
      for (const file of files) form.append(this.field, file, file.name);
      call.open("POST", this.to);
      call.setRequestHeader(this.header, this.token);
      call.upload.onprogress = (event) => { this.part = Math.round((100 * event.loaded) / event.total); };
      call.onload = () => {
        let body = {};
        try { body = JSON.parse(call.responseText); } catch (error) { body = {}; }
        if (body.job) window.location.assign("/jobs/" + body.job);
        else { this.part = null; this.told = body.detail || this.failed; }
      };
      call.onerror = () => { this.part = null; this.told = this.failed; };
      call.send(form);
    },
  },
};
