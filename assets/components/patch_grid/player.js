// The way of the patches into the sequence, played.
const PLAY_MS = 7000;

export function startPlaying(view) {
  if (view.moment >= 1) view.moment = 0;
  let before = performance.now();
  const step = (now) => {
    view.moment = Math.min(1, view.moment + (now - before) / PLAY_MS);
    before = now;
    view.draw();
    view.playing = view.moment < 1 ? requestAnimationFrame(step) : null;
  };
  view.playing = requestAnimationFrame(step);
  view.draw();
}

export function stopPlaying(view) {
  cancelAnimationFrame(view.playing);
  view.playing = null;
  view.draw();
}
