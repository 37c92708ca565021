// Builds the documentation site into .build/site: the API reference by TypeDoc, the guides, the table of operations,
// the specification and the live lab. Every warning is an error, and so is a link that leads nowhere.
// usage: npm run docs
import { rmSync, writeFileSync } from 'node:fs';
import { Application } from 'typedoc';
import { labPage } from '../../web/labPage.js';
import { checkComments } from './comments.js';
import { writeGuides } from './guides.js';
import { deadLinks } from './links.js';
import { writeOperations } from './operations.js';
import { SOURCE, writeSources } from './sources.js';
import { writeSpecification } from './specification.js';

const SITE = '.build/site';
/** The guides and generated pages as Markdown, in the layout of the repository so that their links hold. */
const PAGES = '.build/site-pages';

/** The published entry points by the file that holds them. The folders' own subpaths export the same names again. */
const entries: Record<string, string> = {
  'index.ts': 'boundgrad',
  'sweep/index.ts': 'boundgrad/sweep',
  'core/backends/gpu/backend.ts': 'boundgrad/gpu',
  'node/index.ts': 'boundgrad/node',
};

rmSync(SITE, { recursive: true, force: true });
rmSync(PAGES, { recursive: true, force: true });
const guides = writeGuides(PAGES);
const operations = await writeOperations(PAGES);
const specification = writeSpecification(PAGES);

const app = await Application.bootstrap({
  name: 'boundgrad',
  entryPoints: Object.keys(entries),
  tsconfig: 'tools/site/tsconfig.json',
  readme: `${PAGES}/README.md`,
  projectDocuments: [...guides, operations, ...specification],
  disableGit: true,
  basePath: '.',
  displayBasePath: '.',
  sourceLinkTemplate: `${SOURCE}{path}#L{line}`,
  excludePrivate: true,
  excludeInternal: true,
  includeVersion: true,
  highlightLanguages: ['bash', 'csv', 'html', 'http', 'javascript', 'json', 'mermaid', 'typescript'],
  sort: ['kind', 'alphabetical'],
  navigation: { includeGroups: true },
  // TypeScript 7 checks the types: `npm run check`.
  skipErrorChecking: true,
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true },
});
const project = await app.convert();
if (!project) throw new Error('docs: TypeDoc could not read the sources');
for (const module of project.children ?? []) {
  const file = module.sources?.[0]?.fileName ?? '';
  module.name = entries[file] ?? module.name;
}
app.validate(project);
for (const complaint of checkComments(project)) app.logger.warn(complaint as never);
await app.generateDocs(project, SITE);
writeSources(SITE);
writeFileSync(`${SITE}/lab.html`, await labPage());
for (const link of deadLinks(SITE)) app.logger.warn(link as never);

const { warningCount, errorCount } = app.logger;
if (warningCount + errorCount > 0)
  console.error(`docs: ${warningCount} warnings, ${errorCount} errors: none is allowed`);
else console.log(`docs: ${SITE}/index.html`);
process.exitCode = warningCount + errorCount > 0 ? 1 : 0;
