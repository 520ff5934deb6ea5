// A pixel's channels: what they are called, and their colour on screen. Models read three, or grey alone.
const RGB = { short: ["R", "G", "B"], long: ["red", "green", "blue"], inks: ["#d8392b", "#2a9d4a", "#3b6fd4"] };
const GREY = { short: ["grey"], long: ["grey"], inks: ["#7d838a"] };

/** The names of `chans` channels, short and long, and the colours of their bars. */
export const channelsOf = (chans) => (chans === 1 ? GREY : RGB);

/** Red, green and blue of pixel `i` of a patch whose values stand channel by channel in each pixel. */
export const rgbAt = (levels, i, chans) => [0, 1, 2].map((c) => levels[chans * i + Math.min(c, chans - 1)]);
