// How fine canvases are drawn while a figure is taken: the view around it, at once, one figure at a time, and as before afterwards.
import assert from "node:assert/strict";
import test from "node:test";

globalThis.devicePixelRatio = 1.5;
const { drawnFiner, fineness, isTaken, onFineness } = await import("../../../assets/components/kit/fineness.js");

const viewOf = (...nodes) => ({ contains: (node) => nodes.includes(node) });

test("the view around a figure is drawn as fine as its picture, then as the screen", async () => {
  const [figure, drawn, other] = [{}, [], []];
  const ends = [onFineness(viewOf(figure), () => drawn.push(fineness())), onFineness(viewOf({}), () => other.push(fineness()))];
  assert.equal(fineness(), 1.5);
  const made = await drawnFiner(figure, 4, async () => [isTaken(), fineness()]);
  assert.deepEqual(made, [true, 4]);
  assert.deepEqual(drawn, [4, 1.5]);
  assert.deepEqual(other, []);
  assert.equal(await drawnFiner(figure, 1, fineness), 1.5, "never coarser than the screen");
  for (const end of ends) end();
  await drawnFiner(figure, 4, () => {});
  assert.equal(drawn.length, 4, "a view that is gone is not drawn");
});

test("two figures wait for each other, and what fails leaves the screen's fineness", async () => {
  const seen = [];
  const slow = drawnFiner({}, 4, async () => {
    await new Promise((done) => setTimeout(done, 5));
    seen.push(fineness());
  });
  const failing = drawnFiner({}, 2, () => {
    seen.push(fineness());
    throw new Error("no picture");
  });
  await slow;
  await assert.rejects(failing, /no picture/);
  await drawnFiner({}, 3, () => seen.push(fineness()));
  assert.deepEqual(seen, [4, 2, 3]);
  assert.equal(fineness(), 1.5);
  assert.equal(isTaken(), false);
});
