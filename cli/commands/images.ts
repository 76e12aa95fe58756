// images PATH...: all container images in manifests, to mirror them in a private registry.

import { refuse } from '../../lib/nutcracker/config-error';
import { type CommandResult, ExitCode } from '../output/result';
import { type Input } from '../input/pools';
import { isDirectory, manifestsIn, parseYaml } from '../input/manifests';

const REMEDY = 'give manifests, or the directory that the synth wrote (dist)';

/** The container lists of a pod. */
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers'];

/** The images in all files and directories. Throws if there is none, since an empty list would be a mistake. */
export async function images(given: readonly string[], input: Input): Promise<Images> {
  const files = given.flatMap((path) => (isDirectory(path) ? manifestsIn(path) : [path]));
  const found = new Set<string>();
  for (const file of files) {
    const { name, bytes } = await input.whole(file);
    const text = Buffer.from(bytes).toString();
    // Saves the time to parse manifests without images, such as the large one of the migrator.
    if (/\bimage["']?\s*:/.test(text)) for (const image of imagesIn(parseYaml(text, name, REMEDY))) found.add(image);
  }
  if (found.size === 0) refuse({ file: given.join(', '), because: 'it has no pods', remedy: REMEDY });
  return new Images([...found].sort());
}

/** The images, one per line. */
export class Images implements CommandResult {
  readonly exitCode = ExitCode.SUCCESS;

  constructor(private readonly names: readonly string[]) {}

  get json(): object {
    return { images: this.names };
  }

  lines(): string[] {
    return [...this.names];
  }
}

/** The images of containers at any depth: in pods, in pod templates, and in lists. */
function imagesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const own = CONTAINERS.includes(key) && Array.isArray(inner) ? inner : [];
    const named = own.map((container: { image?: unknown } | null) => container?.image);
    return [...named.filter((image) => typeof image === 'string'), ...imagesIn(inner)];
  });
}
