// Opens a saved page: its parts become bytes again, its modules addresses that they can import each other by. A script, not a module: it
// stands in the page itself, before there is anything to import.
(async () => {
  const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=:?@^_`{|}~";

  /** Four bytes for every five digits of base 85; the first four say how many bytes there are after them. */
  const decoded = (text) => {
    const worth = new Uint8Array(128);
    for (let i = 0; i < 85; i++) worth[DIGITS.charCodeAt(i)] = i;
    const out = new DataView(new ArrayBuffer((text.length / 5) * 4));
    for (let from = 0, at = 0; from < text.length; at += 4) {
      let word = 0;
      for (let digit = 0; digit < 5; digit++) word = word * 85 + worth[text.charCodeAt(from++)];
      out.setUint32(at, word);
    }
    return new Uint8Array(out.buffer, 4, out.getUint32(0));
  };

  const inflated = async (bytes) => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  const added = (type, text) => {
    const script = document.createElement("script");
    script.type = type;
    script.textContent = text;
    document.body.append(script);
  };

  try {
    const bytes = await inflated(decoded(document.getElementById("parts").textContent));
    const length = new DataView(bytes.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    const parts = Object.values(header.arrays).map(({ shape, offset }) => bytes.slice(4 + length + offset, 4 + length + offset + shape[0]));
    const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const library = document.getElementById("plotly"); // only where there are charts, and inflated when the first is drawn
    globalThis.__vitSaved = { header, parts, plotly: async () => library && address(await inflated(decoded(library.textContent))) };
    const imports = Object.fromEntries(Object.entries(header.modules).map(([name, text]) => [name, address(text)]));
    added("importmap", JSON.stringify({ imports }));
    added("module", header.start);
  } catch (error) {
    document.getElementById("said").textContent = "This page needs a browser of 2023 or later.";
    throw error;
  }
})();
