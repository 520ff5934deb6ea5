import assert from "node:assert/strict";
import { test } from "node:test";
import { cleaned, MOST, withSteps } from "../../assets/components/kit/lesson.js";
import { takenOver } from "../../assets/components/lessons/own.js";
import { fileOf, fromFile, fromLinkEnd, linkEnd } from "../../assets/components/lessons/share.js";

const STEP = {
  link: "attention?layer=9&view=%7B%22tab%22%3A%22matrix%22%7D",
  page: "Attention",
  about: "Coffee",
  question: "Où?",
  look: "",
  answer: "",
};
const LESSON = { title: 'Mine: <b> & "more" </script>', steps: [STEP, { ...STEP, link: "", page: "Overview" }] };

test("only texts of a bounded length and links to pages of the app come out of what is found", () => {
  const wrong = ["javascript:alert(1)", "//elsewhere.org/a", "https://a.b", "../a", "a/b", "a?b#c", "a?b c", 7, null];
  const { title, steps } = cleaned({
    title: 4,
    steps: [...wrong.map((link) => ({ ...STEP, link })), { ...STEP, question: "x".repeat(2000), more: 1 }],
  });
  assert.equal(title, "");
  assert.deepEqual(Object.keys(steps[0]).sort(), ["about", "answer", "link", "look", "page", "question"]);
  assert.deepEqual([steps.length, steps[0].question.length], [1, 800]);
  for (const nothing of [null, 3, [], { steps: "a" }, { steps: [null] }]) assert.deepEqual(cleaned(nothing), { title: "", steps: [] });
});

test("a lesson holds so many views and no more", () => {
  const full = withSteps(cleaned(null), Array(MOST).fill(STEP));
  assert.equal(full.steps.length, MOST);
  assert.equal(withSteps(full, [STEP]), null);
  assert.equal(takenOver(full, LESSON, ""), null);
});

test("a plan is taken over at the end, with what its answers hold for", () => {
  const plan = { title: "A plan", steps: [{ ...STEP, about: undefined, title: "Near and far", minutes: 5 }] };
  const { title, steps } = takenOver(cleaned(LESSON), plan, "Bundled, Coffee");
  assert.equal(title, LESSON.title);
  assert.deepEqual([steps.length, steps[2].page, steps[2].about], [3, "Attention: Near and far", "Bundled, Coffee"]);
});

test("what a link holds is what was put into it", async () => {
  const end = await linkEnd(cleaned(LESSON));
  assert.match(end, /^#lesson=[\w-]+$/);
  assert.deepEqual(await fromLinkEnd(end), cleaned(LESSON));
  for (const other of ["", "#lesson=", "#lesson=%%%", "#other", `${end.slice(0, -9)}`, await linkEnd(cleaned(null))]) {
    assert.equal(await fromLinkEnd(other), null);
  }
  const bomb = await linkEnd({ title: "x".repeat(10 ** 6), steps: [STEP] });
  assert.ok(bomb.length < 5000);
  assert.equal(await fromLinkEnd(bomb), null);
});

test("a file reads as a page, without scripts that run, and gives the lesson back", () => {
  const file = fileOf(cleaned(LESSON), "https://a.b/app/");
  assert.deepEqual(fromFile(file), cleaned(LESSON));
  assert.match(file, /<h1>Mine: &lt;b&gt; &amp; &quot;more&quot; &lt;\/script&gt;<\/h1>/);
  assert.match(file, /href="https:\/\/a\.b\/app\/attention\?layer=9&amp;view=/);
  assert.match(file, /href="https:\/\/a\.b\/app\/"/);
  assert.equal(file.match(/<script/g).length, 1);
  for (const other of ["", "<p>", '<script type="application/json" id="lesson">{</script>']) assert.equal(fromFile(other), null);
});
