// The table of all operations: signature, whether a gradient flows through it, and PyTorch's name.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { rand, type Tensor, tensor } from '../../core/index.js';
import { pytorchNames } from './pytorch.js';
import { API } from './sources.js';
import { frontMatter, row } from './text.js';

/** Writes the page below `pages` and returns its file. Throws if an operation has no entry in pytorch.ts, or the reverse. */
export async function writeOperations(pages: string): Promise<string> {
  const found = signatures();
  const missing = [...found.keys()].filter((name) => !Object.hasOwn(pytorchNames, name));
  const odd = Object.keys(pytorchNames).filter((name) => !found.has(name));
  if (missing.length + odd.length > 0) {
    throw new Error(
      `tools/site/pytorch.ts: operations without an entry: ${missing.join(', ') || 'none'}; entries without an operation: ${odd.join(', ') || 'none'}`,
    );
  }
  const rows = [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, signature]) => {
      const [torch, example] = pytorchNames[name];
      return row(
        `[\`${name}\`](${API}${name})`,
        `\`${signature}\``,
        hasGradient(example) ? 'yes' : 'no',
        torch && `\`${torch}\``,
      );
    });
  const text = `${frontMatter('Operations', 'Reference')}# Operations

Every operation of boundgrad. Most are methods of a tensor too: \`x.relu()\` is \`relu(x)\`. A gradient flows through those
marked "yes". It can itself be differentiated, so second derivatives exist. The last column has PyTorch's name.

${row('operation', 'signature', 'gradient', 'PyTorch')}
|---|---|---|---|
${rows.join('\n')}
`;
  const path = join(pages, 'operations.md');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** The signatures of everything that the package's root exports from core/ops, by name. */
function signatures(): Map<string, string> {
  const { config } = ts.readConfigFile('tools/site/tsconfig.json', ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, 'tools/site');
  const program = ts.createProgram(fileNames, options);
  const checker = program.getTypeChecker();
  const root = checker.getSymbolAtLocation(program.getSourceFile('index.ts')!)!;
  const found = new Map<string, string>();
  for (const symbol of checker.getExportsOfModule(root)) {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const declaration = target.valueDeclaration;
    if (!declaration?.getSourceFile().fileName.includes('/core/ops/')) continue;
    const [signature] = checker.getTypeOfSymbolAtLocation(target, declaration).getCallSignatures();
    if (signature)
      found.set(symbol.name, `${symbol.name}(${parametersOf(checker, signature, declaration).join(', ')})`);
  }
  return found;
}

function parametersOf(checker: ts.TypeChecker, signature: ts.Signature, at: ts.Node): string[] {
  return signature.getParameters().flatMap((p) => {
    const declaration = p.valueDeclaration as ts.ParameterDeclaration | undefined;
    // An Operation takes `...args: [x: Tensor, y: Tensor]`: its names are those of the tuple.
    const type = checker.getTypeOfSymbolAtLocation(p, at);
    if (checker.isTupleType(type)) {
      const { labeledElementDeclarations = [], elementFlags } = (type as ts.TupleTypeReference).target;
      return labeledElementDeclarations.map((label, i) => {
        const isOptional = elementFlags[i] & ts.ElementFlags.Optional;
        return `${label ? (label.name as ts.Identifier).text : 'x'}${isOptional ? '?' : ''}`;
      });
    }
    const isOptional = declaration?.questionToken || declaration?.initializer;
    return [`${p.name}${isOptional ? '?' : ''}`];
  });
}

/** Runs an example on a tensor that requires a gradient; returns whether its result does too. */
function hasGradient(example: (x: Tensor, i: Tensor) => Tensor): boolean {
  const x = rand([1, 1, 4, 4], { requiresGrad: true });
  return example(x, tensor([0, 1], { dtype: 'int32' })).requiresGrad;
}
