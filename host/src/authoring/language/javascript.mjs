// Makes a component of plugin.js: node runs this in the plugin's folder with the paths and the world as arguments.
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';

const [wit, world, out, wasi] = process.argv.slice(1);

let componentize;
try {
  ({ componentize } = await import('@bytecodealliance/componentize-js'));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.exit(65);
}

try {
  const { component } = await componentize({
    sourcePath: 'plugin.js',
    witPath: wit,
    worldName: world,
    disableFeatures: wasi === 'wasi' ? [] : ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
  });
  await writeFile(out, component);
} catch (error) {
  const message = String(error.message ?? error);
  console.error(message);
  // Of a syntax error the engine says no place; node does.
  if (message.includes('failed to parse')) {
    spawnSync(process.execPath, ['--check', 'plugin.js'], { stdio: 'inherit' });
  }
  process.exit(1);
}
