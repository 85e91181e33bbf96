// A worker that makes one request with a large body, and tells how much of it is sent,
// which fetch does not. A browser may hold a body for long after it was sent, but no
// longer than the worker lives: uploads.js starts it, and ends it as soon as there is an
// answer (internal/rendezvous/upload_js.go).

postMessage({ started: true });

self.onmessage = ({ data: { method, url, headers, body } }) => {
  const x = new XMLHttpRequest();
  x.open(method, url);
  x.responseType = "arraybuffer";
  for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
  x.upload.onprogress = (event) => postMessage({ sent: event.loaded });
  x.onload = () => postMessage({ status: x.status, headers: x.getAllResponseHeaders(), body: x.response });
  x.onerror = () => postMessage({ failed: true });
  x.send(new Blob([body])); // of bytes alone an attached debugger keeps copies in this process
};
