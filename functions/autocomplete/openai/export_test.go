package openai

// Open makes a provider that uses a transport.
var Open = open
