import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesText,
  commas,
  countText,
  exactAnswer,
  exactBytes,
  exactText,
  four,
  grouped,
  minus,
  percent,
  percentText,
  timesText,
} from "../../../assets/components/kit/numbers/format.js";

test("four significant digits, with a true minus and powers of ten at both ends", () => {
  assert.equal(four(0), "0");
  assert.equal(four(1 / 3), "0.3333");
  assert.equal(four(-12.3456), "−12.35");
  assert.equal(four(0.0001), "0.0001000");
  assert.equal(four(0.00001234), "1.234e−5");
  assert.equal(four(123456), "1.235e+5");
});

test("thousands apart, by thin spaces or by commas", () => {
  assert.equal(grouped(1234567), "1\u2009234\u2009567");
  assert.equal(grouped(999.6), "1\u2009000");
  assert.equal(commas(150528), "150,528");
});

test("bytes and counts take a decimal prefix and four digits", () => {
  assert.equal(bytesText(999), "999 B");
  assert.equal(bytesText(1000), "1.000 kB");
  assert.equal(bytesText(22_050_664 * 4), "88.20 MB");
  assert.equal(countText(17_563_000_000), "17.56 G");
  assert.equal(countText(999_999), "1.000 M"); // rounding moves it to the next prefix
  assert.equal(countText(12), "12");
});

test("all digits, as far as a double holds them", () => {
  assert.equal(exactText(86567656), "86,567,656");
  assert.ok(exactText(2 ** 60).startsWith("about 1,152,921,504,606,84"));
  assert.equal(exactBytes(512), "512 bytes");
  assert.equal(exactBytes(2 ** 20 * 1.5), "1,572,864 bytes = 1.500 MiB");
});

test("shares and ratios", () => {
  assert.equal(percent(0.12345), "12.3%");
  assert.equal(percentText(0), "0%");
  assert.equal(percentText(0.0004), "<0.1%");
  assert.equal(percentText(0.5), "50.0%");
  assert.equal(timesText(4.467), "×4.47");
  assert.equal(timesText(123.45), "×123.5");
  assert.equal(minus("-0.25"), "−0.25");
});

test("hovering over an answer says its whole name where the screen has a shorter one", () => {
  assert.equal(exactAnswer(["tabby", 0.25, "tabby, tabby cat"]), "tabby, tabby cat: 0.25");
  assert.equal(exactAnswer(["goose", 0.25, "goose"]), "0.25");
});
