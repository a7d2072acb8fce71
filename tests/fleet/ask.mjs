// Runs each ```sql block of a document, in order, in a folder; prints the rows of those that have
// any, as a JSON array of arrays.
//   node ask.mjs DUCKDB DOCUMENT
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [duckdb, document] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(duckdb + '/')('@duckdb/node-api');
const blocks = [...readFileSync(document, 'utf8').matchAll(/```sql\n(.*?)```/gs)].map((m) => m[1]);
const connection = await (await DuckDBInstance.create(':memory:')).connect();
const answers = [];
for (const block of blocks) {
  const rows = (await connection.runAndReadAll(block)).getRowObjectsJson();
  if (!block.trimStart().startsWith('CREATE')) answers.push(rows);
}
console.log(JSON.stringify(answers));
