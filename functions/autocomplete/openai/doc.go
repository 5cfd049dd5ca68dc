// Package openai is the provider that asks a language model how a text goes on: any
// endpoint that speaks like OpenAI, Mistral, DeepSeek, Ollama or llama.cpp.
//
// A question takes this way:
//
//	window    what the model is shown of the text, and whether it is asked at all
//	cache     what was answered there before, or to whom typed the same since
//	flight    one request for all who ask the same, ended when the last one leaves
//	endpoint  the request and the streamed answer, in the endpoint's dialect
//	trim      what of the answer may be inserted
//
// What is promised:
//
//   - Nothing is sent but the text around the cursor, and nothing at all where that
//     looks as if it held keys or tokens (window.Secret: it knows some by their form).
//   - The endpoint is that of the settings. Redirects are not followed, proxies of the
//     environment not heeded, and plain http goes to loopback and private addresses only.
//   - The key is in one header, and in no log and no error.
//   - A request is sent once. Five failures within 30 s, or an answer that says so,
//     let the endpoint alone for a while.
//   - Cost is bounded by tokens per minute, of the process and of each client: as
//     estimated, and corrected by what the endpoint says that it used. Several processes
//     do not share the bound.
//   - What is kept of texts is answers, for ten minutes, in memory, found only by who
//     has the same text around the cursor.
//
// What is not: the dialects were tried against a fake that follows their
// documentation. No live model and no real server of any of these makers has been
// tried. How good the suggestions are, and how quick, has not been measured.
package openai
