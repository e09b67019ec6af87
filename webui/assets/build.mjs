/**
 * Bundles the pages' scripts and styles into the folder given, with the licence of every package inside.
 * Run by webui/build.py; needs the packages of package-lock.json.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

const target = process.argv[2];

const { metafile } = await esbuild.build({
  entryPoints: {
    app: 'src/app.js',
    form: '../desk/assets/form.js',
    'case-diagram': '../desk/assets/case-diagram.js',
  },
  nodePaths: ['node_modules'], // for sources that lie in the rooms of pages
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  outdir: target,
  metafile: true,
  legalComments: 'none', // all of them are in LICENSES.txt
  loader: { '.svg': 'dataurl', '.woff': 'dataurl', '.woff2': 'dataurl' },
});

/** Folder of the package that an input of the bundle came from. */
function packageOf(input) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match && match[1];
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : `${license}`;
  return `${name} ${version} (${license})\n${'-'.repeat(72)}\n${text}\n`;
}

const folders = [...new Set(Object.keys(metafile.inputs).map(packageOf).filter(Boolean))].sort();
writeFileSync(join(target, 'LICENSES.txt'), folders.map(licenceOf).join('\n\n'));
