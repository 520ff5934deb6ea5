import assert from "node:assert/strict";
import { test } from "node:test";
import { matcher } from "../../assets/components/terms/matcher.js";
import { factsHere, shapeHere } from "../../assets/components/terms/words.js";

const ENTRIES = [
  { id: "token", term: "token", pages: ["walkthrough"] },
  { id: "cls", term: "[CLS]", aliases: ["class token"], symbols: ["c"], pages: ["attention"] },
  { id: "mlp", term: "MLP", aliases: ["M", "hidden (width)"], symbols: ["M"], pages: ["walkthrough"] },
  { id: "embed", term: "embedding", symbols: ["M"], pages: ["attention"] },
  { id: "patch", term: "patch", mark: false, pages: ["walkthrough"] },
];

const found = (text) =>
  matcher(ENTRIES)
    .find(text)
    .map(({ start, end, id }) => [text.slice(start, end), id]);

test("a term is found in singular and plural, whatever its capitals", () => {
  assert.deepEqual(found("Tokens, and one token."), [
    ["Tokens", "token"],
    ["token", "token"],
  ]);
});

test("the longest form wins, and brackets belong to it", () => {
  assert.deepEqual(found("A class token is [CLS]."), [
    ["class token", "cls"],
    ["[CLS]", "cls"],
  ]);
});

test("what is written in capitals is found only so; parts of words are not", () => {
  assert.deepEqual(found("the MLP, an mlp, an MLP-block, retokenise"), [["MLP", "mlp"]]);
});

test("lone capitals, forms with brackets and entries that are not marked are left alone", () => {
  assert.deepEqual(found("22.05 M, hidden (width), a patch"), []);
});

test("a letter means what it means on this page; joined letters are taken apart", () => {
  const { symbols } = matcher(ENTRIES);
  const ids = (text, page) => symbols(text, page).map(({ id }) => id);
  assert.deepEqual(ids("M", "attention"), ["embed"]);
  assert.deepEqual(ids("M", "elsewhere"), ["mlp", "embed"]);
  assert.deepEqual(ids("cM", "attention"), ["cls", "embed"]);
  assert.deepEqual(ids("x", "attention"), []);
});

test("shapes with the numbers put in, as far as they are known", () => {
  const numbers = { B: 1, N: 196, P: 16, C: 3 };
  assert.equal(shapeHere("[B, N, P*P*C]", numbers), "[1, 196, 768]");
  assert.equal(shapeHere("[B, K]", numbers), "[1, K]");
  assert.deepEqual(factsHere({ value: "N", formula: "N = HW/P²" }, numbers), [
    ["here", "N = 196"],
    ["formula", "N = HW/P²"],
  ]);
});
