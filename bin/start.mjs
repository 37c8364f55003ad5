// The command line on the pinned Node. Plain JavaScript, so that it is settled where stripped and compiled sources are kept before
// the first of them is read: without it a command strips and compiles 300 files, with it none.
import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What handles keys, and what stops a thief, is read from its sources alone. */
const fromSources = new Set(['audit', 'freeze', 'incident', 'kill', 'owner', 'sub-key', 'unfreeze', 'unsealer', 'vault']);

// Beside the code and as trusted as it; where it cannot be written, everything is read anew.
if (!fromSources.has(process.argv[2]))
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/holdfast', import.meta.url)));

const root = new URL('..', import.meta.url).href;
/** Of others that every command loads: modules throughout, whose files name each other in full as ours do. */
const others = ['commander', 'zod'];
const packages = new URL('node_modules/', root).href;
const folders = others.map((name) => `${packages}${name}/`);
const known = new Map();

/** Looks a package up once: all of our files see the same one. */
function packageOf(specifier, context, next) {
  const found = known.get(specifier) ?? { ...next(specifier, context), shortCircuit: true };
  known.set(specifier, found);
  return found;
}

/** Beside the file that names it. Without this the disk is asked five times for each where it lies and of what kind it is. */
const beside = (specifier, parentURL, format) => ({ url: new URL(specifier, parentURL).href, format, shortCircuit: true });

registerHooks({
  resolve(specifier, context, next) {
    const { parentURL = '' } = context;
    if (!parentURL.startsWith(root)) return next(specifier, context);
    if (folders.some((folder) => parentURL.startsWith(folder))) {
      // zod brings its messages in sixty languages, a file each; ours are the English ones.
      const named = specifier === '../locales/index.js' ? '../locales/en.js' : specifier;
      return named.startsWith('.') && named.endsWith('.js') ? beside(named, parentURL, 'module') : next(named, context);
    }
    if (parentURL.startsWith(packages)) return next(specifier, context);
    if (specifier.startsWith('.') && specifier.endsWith('.ts')) return beside(specifier, parentURL, 'module-typescript');
    const isKnown = specifier.startsWith('@holdfast/') || others.includes(specifier);
    return isKnown ? packageOf(specifier, context, next) : next(specifier, context);
  },
});

await import('../apps/cli/src/main.ts');
