// images PATH...: every image that the pods of manifests run, to mirror them where no registry is reached.

import { refuse } from '../../lib/nutcracker/config-error';
import { type Answer, ExitCode } from '../output/result';
import { type Input } from '../input/pools';
import { isDirectory, manifestsIn, parseYaml } from '../input/manifests';

const REMEDY = 'give manifests, or the directory that the synth wrote (dist)';

/** The parts of a pod that run something. */
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'];

/** The images of all files and directories together. Throws if there is none: a list that is empty by mistake mirrors nothing. */
export async function images(given: readonly string[], input: Input): Promise<Images> {
  const files = given.flatMap((path) => (isDirectory(path) ? manifestsIn(path) : [path]));
  const found = new Set<string>();
  for (const file of files) {
    const { name, bytes } = await input.whole(file);
    const text = Buffer.from(bytes).toString();
    // The manifest of the migrator, for one, is large and has none.
    if (/\bimage["']?\s*:/.test(text)) for (const image of imagesIn(parseYaml(text, name, REMEDY))) found.add(image);
  }
  if (found.size === 0) refuse({ file: given.join(', '), because: 'there is no pod in it', remedy: REMEDY });
  return new Images([...found].sort());
}

/** The images, one a line. */
export class Images implements Answer {
  readonly exitCode = ExitCode.YES;

  constructor(private readonly names: readonly string[]) {}

  get json(): object {
    return { images: this.names };
  }

  lines(): string[] {
    return [...this.names];
  }
}

/** The images of containers at any depth: of pods, of their templates, and of lists of them. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const own = CONTAINERS.includes(key) && Array.isArray(inner) ? inner : [];
    const named = own.map((container: { image?: unknown } | null) => container?.image);
    return [...named.filter((image) => typeof image === 'string'), ...imagesIn(inner)];
  });
}
