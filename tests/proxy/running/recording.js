// Copyright: (c) 2026, The sluice.edge authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// An HTTP server that appends a JSON line to a file for each request, and answers with the
// request's first line.  node recording.js PORT FILE

'use strict';

const fs = require('fs');
const http = require('http');

const [port, file] = process.argv.slice(2);

function note(seen) {
  fs.appendFileSync(file, JSON.stringify(seen) + '\n');
}

function answer(request, response) {
  const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
  const content = [];
  request.on('data', (piece) => content.push(piece));
  request.on('end', () => {
    note({ line, content: Buffer.concat(content).toString('latin1'), status: 200, sent: true });
    response.end(line);
  });
}

function answerExpectation(request, response) {
  response.writeContinue();
  answer(request, response);
}

const settings = { maxHeaderSize: 65536, keepAliveTimeout: 600000 };
const server = http.createServer(settings, answer);
server.on('checkContinue', answerExpectation);
server.on('clientError', (error, socket) => {
  // What the client did by closing is no opinion about its bytes.
  if (error.code.startsWith('HPE_') && error.code !== 'HPE_INVALID_EOF_STATE') {
    note({ line: '', content: error.reason, status: 400, sent: true });
  }
  socket.destroy();
});
server.listen(Number(port), '127.0.0.1');
