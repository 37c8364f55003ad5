// Sets the colours before the first paint; a choice made with the page's switch wins over the system's.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('holdfast-colours');
  } catch {
    // Storage may be forbidden; then the system decides.
  }
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
