export default {
  template: `<form class="row no-print" @submit.prevent="send" autocomplete="off">
    <div class="field"><label for="sign-key">{{ words.key }}</label><input id="sign-key" ref="key" type="file" accept=".p12,.pfx,.pem,.key" required></div>
    <div class="field"><label for="sign-certificate">{{ words.certificate }}</label><input id="sign-certificate" ref="certificate" type="file" accept=".pem,.crt,.cer"></div>
    <div class="field"><label for="sign-passphrase">{{ words.passphrase }}</label><input id="sign-passphrase" ref="passphrase" type="password" autocomplete="off"></div>
    <button class="btn main-act" :disabled="busy">{{ words.sign }}</button>
    <p class="explanation" role="status">{{ told }}</p></form>`,
  props: { to: String, header: String, token: String, words: Object, about: Object, refused: Array, opens: String },
  data() { return { busy: false, told: "" }; },
  watch: { refused(said) { if (said.length) this.told = said[0]; } },
  methods: {
    async read(input) {
      const file = input.files[0];
      if (!file) return "";
      let text = "";
      for (const one of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(one);
      return btoa(text);
    },
    async send() {
      this.busy = true;
      this.told = this.words.busy;
      let body = {}, well = false;
      try {
        const sent = { ...this.about, passphrase: this.$refs.passphrase.value };
        sent.key = await this.read(this.$refs.key);
        sent.certificate = await this.read(this.$refs.certificate);
        const headers = { "Content-Type": "application/json", [this.header]: this.token };
        const answer = await fetch(this.to, { method: "POST", body: JSON.stringify(sent), cache: "no-store", headers });
        well = answer.ok;
        body = await answer.json();
      } catch (error) { body = {}; }
      for (const name of ["key", "certificate", "passphrase"]) this.$refs[name].value = "";
      this.busy = false;
      if (well) { window.location.assign(this.opens); return; }
      this.told = this.words.failed;
      if (body.detail) this.$emit("refused", body.detail);
    },
  },
};
