// Which parameters of the public functions, constructors and methods are options, read from the declarations by TypeScript.
import {
  API,
  type Checker,
  NodeBuilderFlags,
  type Signature,
  SignatureKind,
  SymbolFlags,
  type Type,
  TypeFlags,
} from 'typescript/unstable/sync';

/** A parameter that takes an object of options. */
export interface OptionsParameter {
  /** The function, class or method: `conv2d`, `init.normal`, `Tensor.sum`. */
  name: string;
  /** The position of the parameter. */
  at: number;
  /** The name of its type; empty if it has none. */
  type: string;
  /** The options by name, with the type of each: `boolean`, `"mean" | "sum"`. */
  options: Record<string, string>;
}

/** The parameters that take options in the exports of these files. */
export function optionsOf(files: readonly string[]): OptionsParameter[] {
  const api = new API({ cwd: process.cwd() });
  try {
    const [project] = api.updateSnapshot({ openProject: `${process.cwd()}/tsconfig.dist.json` }).getProjects();
    const { checker, program } = project;
    const found = new Map<string, OptionsParameter>();
    for (const file of files) {
      const module = checker.getSymbolAtLocation(program.getSourceFile(`${process.cwd()}/${file}`)!)!;
      addExports(checker, checker.getExportsOfModule(module), '', found);
    }
    return [...found.values()];
  } finally {
    api.close();
  }
}

type Symbols = ReturnType<Checker['getExportsOfModule']>;

const seen = new Set<number>();

function addExports(checker: Checker, symbols: Symbols, prefix: string, found: Map<string, OptionsParameter>): void {
  for (const symbol of symbols) {
    const target = symbol.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const name = `${prefix}${symbol.name}`;
    if (target.flags & SymbolFlags.ValueModule)
      addExports(checker, checker.getExportsOfModule(target), `${name}.`, found);
    if (!(target.flags & (SymbolFlags.Value & ~SymbolFlags.ValueModule))) continue;
    const type = checker.getTypeOfSymbol(target);
    if (!type) continue;
    const add = (owner: string, signatures: readonly Signature[]) => {
      for (const signature of signatures) {
        for (const parameter of parametersOf(checker, owner, signature))
          found.set(`${owner} ${parameter.at}`, parameter);
      }
    };
    const constructors = checker.getSignaturesOfType(type, SignatureKind.Construct);
    add(name, [...checker.getSignaturesOfType(type, SignatureKind.Call), ...constructors]);
    if (!(target.flags & SymbolFlags.Class)) continue;
    for (const method of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(target))) {
      if (!(method.flags & SymbolFlags.Method) || /#|^_/.test(method.name) || seen.has(method.id)) continue;
      seen.add(method.id);
      const its = checker.getTypeOfSymbol(method);
      if (its)
        add(`${method.getParent()?.name ?? name}.${method.name}`, checker.getSignaturesOfType(its, SignatureKind.Call));
    }
  }
}

/** How many parameters of a function are read. */
const MOST = 8;

function parametersOf(checker: Checker, name: string, signature: Signature): OptionsParameter[] {
  // An operation has one rest parameter, a tuple, of which the checker gives each part.
  const declared = Array.from({ length: MOST }, (_, at) => checker.getParameterType(signature, at));
  return declared.flatMap((parameter, at) => {
    const type = parameter && checker.getNonNullableType(parameter);
    const options = type && optionsOfType(checker, type);
    return options ? [{ name, at, type: type.getSymbol()?.name ?? '', options }] : [];
  });
}

/** The options of a type; null if it is not a plain object: a primitive, a list, a function, a class, a record. */
function optionsOfType(checker: Checker, type: Type): OptionsParameter['options'] | null {
  if (!(type.flags & (TypeFlags.Object | TypeFlags.Intersection)) || checker.isArrayLikeType(type)) return null;
  if ((type.getSymbol()?.flags ?? 0) & SymbolFlags.Class) return null;
  for (const kind of [SignatureKind.Call, SignatureKind.Construct])
    if (checker.getSignaturesOfType(type, kind).length > 0) return null;
  const properties = checker.getPropertiesOfType(type);
  if (properties.length === 0 || checker.getIndexInfosOfType(type).length > 0) return null;
  return Object.fromEntries(properties.map((p) => [p.name, kindOf(checker, checker.getTypeOfSymbol(p))]));
}

function kindOf(checker: Checker, declared: Type | undefined): string {
  const type = declared && checker.getNonNullableType(declared);
  // Follows an alias to what it names.
  return type ? checker.typeToString(type, undefined, NodeBuilderFlags.InTypeAlias) : '';
}
