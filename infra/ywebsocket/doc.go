// Package ywebsocket is a client of the y-websocket protocol that behaves as the
// released one does (y-websocket 2 and y-protocols 1), to break and to measure
// relays with many of them:
//
//   - When it is connected it asks for what it lacks (sync step 1) and says who it
//     is; what the server lacks it sends when it is asked.
//   - Each edit is an update that is sent at once. What is typed while it is away
//     stays in its document, and goes with the next answer to a step 1.
//   - What it hears of who is there it repeats, and what it has not heard of for
//     30 s it drops. It says every 15 s that it is there.
//   - It gives a connection up on which it hears nothing for 30 s, pings not counted.
//   - It comes back after 100 ms, which double with each attempt that fails up to
//     2.5 s, and takes no close code for final.
package ywebsocket
