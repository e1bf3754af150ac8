/**
 * Who imports whom, checked by dependency-cruiser against a table of rooms.
 *
 * dependency-cruiser reads a .svelte file by compiling it, and compiling drops the imports of types. So it is shown a
 * copy of the tree in which each `Name.svelte` is a `Name.svelte.ts` that holds just the component's scripts.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { parse } from 'svelte/compiler';

/** The built-in modules of Node, where a row's packages are listed. */
export const NODE = 'node:*';

/** A folder or file; the folders and files it may import, besides itself; the packages it may import. */
export type Room = readonly [path: string, mayImport: readonly string[], packages: readonly string[]];

export interface Survey {
  /** How many source files were read, and how many of them are components. */
  readonly modules: number;
  readonly components: number;
  /** One line for each import that the table forbids: `importer -> imported`, and why. */
  readonly breaches: readonly string[];
}

/** Packages are found as a bundler for browsers finds them. */
const RESOLUTION = { exportsFields: ['exports'], conditionNames: ['svelte', 'browser', 'import', 'types', 'default'] };

interface Range {
  readonly start: number;
  readonly end: number;
}

/** Finds `import(...)` in a syntax tree. */
function dynamicImports(node: unknown): Range[] {
  if (typeof node !== 'object' || node === null) return [];
  const inner = Object.values(node).flatMap(dynamicImports);
  return 'type' in node && node.type === 'ImportExpression' ? [node as unknown as Range, ...inner] : inner;
}

/** The scripts of a component, and whatever its markup imports. */
function scriptsOf(component: string): string {
  const { module, instance, fragment } = parse(component, { modern: true });
  const scripts = [module?.content, instance?.content] as unknown as (Range | undefined)[];
  const ranges = [...scripts, ...dynamicImports(fragment)].filter((range) => range !== undefined);
  return ranges.map(({ start, end }) => component.slice(start, end)).join(';\n');
}

/** Copies the folders into a new one, in the form that dependency-cruiser can read. */
async function mirror(root: string, folders: readonly string[]): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'sotto-imports-'));
  for (const folder of folders) {
    for (const name of await readdir(join(root, folder), { recursive: true })) {
      const [from, to] = [join(root, folder, name), join(copy, folder, name)];
      await mkdir(dirname(to), { recursive: true });
      if (name.endsWith('.ts')) await cp(from, to);
      // `wx`: a module of just this name must not be hidden.
      else if (name.endsWith('.svelte'))
        await writeFile(`${to}.ts`, scriptsOf(await readFile(from, 'utf8')), { flag: 'wx' });
      else if (/\.\w+$/.test(name)) await writeFile(to, '');
    }
  }
  await cp(join(root, 'package.json'), join(copy, 'package.json'));
  await symlink(resolve('node_modules'), join(copy, 'node_modules'));
  return copy;
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
/** Matches a file, or everything in a folder. */
const within = (path: string) => (path.endsWith('.ts') ? `^${escape(path)}$` : `^${escape(path)}/`);
const ofPackage = (name: string) =>
  name === NODE
    ? `^(node:)?(${builtinModules.map(escape).join('|')})$`
    : `(^|/)node_modules/(@types/)?${escape(name)}/`;

/** Turns the table into rules: what a row does not name is forbidden. */
function rulesOf(table: readonly Room[]): IForbiddenRuleType[] {
  const rooms = table.map(([path, mayImport, packages]): IForbiddenRuleType => {
    const inner = table.map(([other]) => other).filter((other) => other.startsWith(`${path}/`));
    return {
      name: `${path} may not import it`,
      from: { path: within(path), pathNot: inner.map(within) },
      to: { pathNot: [...[path, ...mayImport].map(within), ...packages.map(ofPackage)] },
    };
  });
  return [...rooms, { name: 'a cycle', from: {}, to: { circular: true } }];
}

/**
 * Reads every .ts and .svelte file of the folders; imports of types count, too.
 * @param root the project.
 * @throws if a file belongs to no room of the table, or a room of the table does not exist.
 */
export async function surveyImports(root: string, folders: readonly string[], table: readonly Room[]): Promise<Survey> {
  const missing = table.map(([path]) => path).filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new Error(`The table names what is not there: ${missing.join(', ')}`);
  const copy = await mirror(root, folders);
  try {
    const rules = { ruleSet: { forbidden: rulesOf(table) }, validate: true };
    const reading = { baseDir: copy, doNotFollow: 'node_modules', tsPreCompilationDeps: true };
    const { output } = await cruise([...folders], { ...rules, ...reading }, RESOLUTION);
    const { modules, summary } = output as ICruiseResult;
    const own = modules
      .map(({ source }) => source)
      .filter((source) => source.endsWith('.ts') && folders.some((folder) => source.startsWith(`${folder}/`)));
    const homeless = own.filter((source) => !table.some(([path]) => new RegExp(within(path)).test(source)));
    if (homeless.length > 0) throw new Error(`These belong to no room of the table: ${homeless.join(', ')}`);
    return {
      modules: own.length,
      components: own.filter((source) => existsSync(join(root, source.replace(/\.ts$/, '')))).length,
      breaches: summary.violations.map(({ from, to, rule }) => `${from} -> ${to} (${rule.name})`),
    };
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
