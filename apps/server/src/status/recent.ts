/** Remembers an answer for a moment, and lets those who ask at once wait for the same one. */
export function recent<Value>(read: () => Promise<Value>, keepMs: number, now: () => number): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  let until = 0;
  return () => {
    if (value === undefined || now() >= until) {
      until = now() + keepMs;
      const reading = read();
      value = reading;
      reading.catch(() => {
        if (value === reading) value = undefined;
      });
    }
    return value;
  };
}
