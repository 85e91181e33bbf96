#include "textflag.h"

// 16 inputs are hashed side by side, one in each of the 16 words of a register:
//
//	Z0-Z7    the chaining values, then the upper half of the state
//	Z8-Z15   the lower half of the state
//	Z16-Z31  the message: Z(16+w) has word w of all inputs
//
// The state and the message are those of the BLAKE3 paper, section 2.2.

// MIX is the first or second half of the quarter-round of four columns or diagonals
// a, b, c, d with four words of the message, side by side. r and s are its rotations.
#define MIX(m0, m1, m2, m3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3, r, s) \
	VPADDD m0, Z0, Z0;  VPADDD m1, Z1, Z1;  VPADDD m2, Z2, Z2;  VPADDD m3, Z3, Z3;  \
	VPADDD b0, Z0, Z0;  VPADDD b1, Z1, Z1;  VPADDD b2, Z2, Z2;  VPADDD b3, Z3, Z3;  \
	VPXORD Z0, d0, d0;  VPXORD Z1, d1, d1;  VPXORD Z2, d2, d2;  VPXORD Z3, d3, d3;  \
	VPRORD $r, d0, d0;  VPRORD $r, d1, d1;  VPRORD $r, d2, d2;  VPRORD $r, d3, d3;  \
	VPADDD d0, c0, c0;  VPADDD d1, c1, c1;  VPADDD d2, c2, c2;  VPADDD d3, c3, c3;  \
	VPXORD c0, b0, b0;  VPXORD c1, b1, b1;  VPXORD c2, b2, b2;  VPXORD c3, b3, b3;  \
	VPRORD $s, b0, b0;  VPRORD $s, b1, b1;  VPRORD $s, b2, b2;  VPRORD $s, b3, b3

#define COLUMNS(m0, m1, m2, m3, r, s) \
	MIX(m0, m1, m2, m3, Z4, Z5, Z6, Z7, Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15, r, s)

#define DIAGONALS(m0, m1, m2, m3, r, s) \
	MIX(m0, m1, m2, m3, Z5, Z6, Z7, Z4, Z10, Z11, Z8, Z9, Z15, Z12, Z13, Z14, r, s)

// ROUND is a round; its arguments are the message as this round orders it.
#define ROUND(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15) \
	COLUMNS(m0, m2, m4, m6, 16, 12);       \
	COLUMNS(m1, m3, m5, m7, 8, 7);         \
	DIAGONALS(m8, m10, m12, m14, 16, 12);  \
	DIAGONALS(m9, m11, m13, m15, 8, 7)

// TRANSPOSE transposes the 4 by 4 words in each quarter of a, b, c and d, by way of
// Z8 to Z11.
#define TRANSPOSE(a, b, c, d) \
	VPUNPCKLDQ b, a, Z8;    \
	VPUNPCKHDQ b, a, Z9;    \
	VPUNPCKLDQ d, c, Z10;   \
	VPUNPCKHDQ d, c, Z11;   \
	VPUNPCKLQDQ Z10, Z8, a; \
	VPUNPCKHQDQ Z10, Z8, b; \
	VPUNPCKLQDQ Z11, Z9, c; \
	VPUNPCKHQDQ Z11, Z9, d

// FOUR loads 16 bytes of each of the inputs i, i+4, i+8 and i+12. SI is input i, and
// the arguments are the distances of the other ones from it.
#define FOUR(at, second, third, fourth, z, x) \
	VMOVDQU32 at(SI), x;                       \
	VINSERTI32X4 $1, (at+second)(SI), z, z;    \
	VINSERTI32X4 $2, (at+third)(SI), z, z;     \
	VINSERTI32X4 $3, (at+fourth)(SI), z, z

// QUARTER loads the words of the message with the byte number at of all inputs, whose
// distance from each other is stride.
#define QUARTER(at, stride, za, zb, zc, zd, xa, xb, xc, xd) \
	FOUR(at, 4*stride, 8*stride, 12*stride, za, xa);            \
	FOUR((at+stride), 4*stride, 8*stride, 12*stride, zb, xb);   \
	FOUR((at+2*stride), 4*stride, 8*stride, 12*stride, zc, xc); \
	FOUR((at+3*stride), 4*stride, 8*stride, 12*stride, zd, xd); \
	TRANSPOSE(za, zb, zc, zd)

#define LOAD(stride) \
	QUARTER(0, stride, Z16, Z17, Z18, Z19, X16, X17, X18, X19);  \
	QUARTER(16, stride, Z20, Z21, Z22, Z23, X20, X21, X22, X23); \
	QUARTER(32, stride, Z24, Z25, Z26, Z27, X24, X25, X26, X27); \
	QUARTER(48, stride, Z28, Z29, Z30, Z31, X28, X29, X30, X31)

// KEY makes the chaining values those of BLAKE3 without a key.
#define KEY \
	VPBROADCASTD iv<>+0(SB), Z0;  \
	VPBROADCASTD iv<>+4(SB), Z1;  \
	VPBROADCASTD iv<>+8(SB), Z2;  \
	VPBROADCASTD iv<>+12(SB), Z3; \
	VPBROADCASTD iv<>+16(SB), Z4; \
	VPBROADCASTD iv<>+20(SB), Z5; \
	VPBROADCASTD iv<>+24(SB), Z6; \
	VPBROADCASTD iv<>+28(SB), Z7

// STATE makes the lower half of the state, without the counter. AX has the flags,
// BX the length of a block.
#define STATE \
	VPBROADCASTD iv<>+0(SB), Z8;   \
	VPBROADCASTD iv<>+4(SB), Z9;   \
	VPBROADCASTD iv<>+8(SB), Z10;  \
	VPBROADCASTD iv<>+12(SB), Z11; \
	VPBROADCASTD BX, Z14;          \
	VPBROADCASTD AX, Z15

#define ROUNDS \
	ROUND(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23, Z24, Z25, Z26, Z27, Z28, Z29, Z30, Z31); \
	ROUND(Z18, Z22, Z19, Z26, Z23, Z16, Z20, Z29, Z17, Z27, Z28, Z21, Z25, Z30, Z31, Z24); \
	ROUND(Z19, Z20, Z26, Z28, Z29, Z18, Z23, Z30, Z22, Z21, Z25, Z16, Z27, Z31, Z24, Z17); \
	ROUND(Z26, Z23, Z28, Z25, Z30, Z19, Z29, Z31, Z20, Z16, Z27, Z18, Z21, Z24, Z17, Z22); \
	ROUND(Z28, Z29, Z25, Z27, Z31, Z26, Z30, Z24, Z23, Z18, Z21, Z19, Z16, Z17, Z22, Z20); \
	ROUND(Z25, Z30, Z27, Z21, Z24, Z28, Z31, Z17, Z29, Z19, Z16, Z26, Z18, Z22, Z20, Z23); \
	ROUND(Z27, Z31, Z21, Z16, Z17, Z25, Z24, Z22, Z30, Z26, Z18, Z28, Z19, Z20, Z23, Z29)

// FOLD makes chaining values of the state.
#define FOLD \
	VPXORD Z8, Z0, Z0;  VPXORD Z9, Z1, Z1;  VPXORD Z10, Z2, Z2;  VPXORD Z11, Z3, Z3; \
	VPXORD Z12, Z4, Z4; VPXORD Z13, Z5, Z5; VPXORD Z14, Z6, Z6;  VPXORD Z15, Z7, Z7

// PUT stores 16 bytes of the chaining values of the inputs i, i+4, i+8 and i+12.
#define PUT(z, x, at) \
	VMOVDQU32 x, at(DI);               \
	VEXTRACTI32X4 $1, z, (at+128)(DI); \
	VEXTRACTI32X4 $2, z, (at+256)(DI); \
	VEXTRACTI32X4 $3, z, (at+384)(DI)

#define STORE \
	TRANSPOSE(Z0, Z1, Z2, Z3); \
	TRANSPOSE(Z4, Z5, Z6, Z7); \
	PUT(Z0, X0, 0);  PUT(Z4, X4, 16);  \
	PUT(Z1, X1, 32); PUT(Z5, X5, 48);  \
	PUT(Z2, X2, 64); PUT(Z6, X6, 80);  \
	PUT(Z3, X3, 96); PUT(Z7, X7, 112)

// AHEAD fetches 1 KiB of the 16 KiB after these into the cache.
#define AHEAD4(at) \
	PREFETCHT0 at(R9);       \
	PREFETCHT0 (at+64)(R9);  \
	PREFETCHT0 (at+128)(R9); \
	PREFETCHT0 (at+192)(R9)

#define AHEAD \
	AHEAD4(0); AHEAD4(256); AHEAD4(512); AHEAD4(768)

// The first eight words of SHA-256's state.
DATA iv<>+0(SB)/4, $0x6a09e667
DATA iv<>+4(SB)/4, $0xbb67ae85
DATA iv<>+8(SB)/4, $0x3c6ef372
DATA iv<>+12(SB)/4, $0xa54ff53a
DATA iv<>+16(SB)/4, $0x510e527f
DATA iv<>+20(SB)/4, $0x9b05688c
DATA iv<>+24(SB)/4, $0x1f83d9ab
DATA iv<>+28(SB)/4, $0x5be0cd19
GLOBL iv<>(SB), RODATA|NOPTR, $32

DATA numbers<>+0(SB)/4, $0
DATA numbers<>+4(SB)/4, $1
DATA numbers<>+8(SB)/4, $2
DATA numbers<>+12(SB)/4, $3
DATA numbers<>+16(SB)/4, $4
DATA numbers<>+20(SB)/4, $5
DATA numbers<>+24(SB)/4, $6
DATA numbers<>+28(SB)/4, $7
DATA numbers<>+32(SB)/4, $8
DATA numbers<>+36(SB)/4, $9
DATA numbers<>+40(SB)/4, $10
DATA numbers<>+44(SB)/4, $11
DATA numbers<>+48(SB)/4, $12
DATA numbers<>+52(SB)/4, $13
DATA numbers<>+56(SB)/4, $14
DATA numbers<>+60(SB)/4, $15
GLOBL numbers<>(SB), RODATA|NOPTR, $64

#define CHUNK_START 1
#define CHUNK_END 2
#define PARENT 4

// func chunks16(out *[16][8]uint32, in *[16 * 1024]byte, counter uint64)
TEXT ·chunks16(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ counter+16(FP), DX
	MOVQ DX, R8
	SHRQ $32, R8
	LEAQ 16384(SI), R9
	MOVQ $64, BX
	MOVQ $CHUNK_START, AX
	MOVQ $16, CX
	KEY

block:
	LOAD(1024)
	AHEAD
	STATE
	VPBROADCASTD DX, Z12
	VPADDD numbers<>(SB), Z12, Z12
	VPBROADCASTD R8, Z13
	ROUNDS
	FOLD
	ADDQ $64, SI
	ADDQ $1024, R9
	XORQ AX, AX
	DECQ CX
	JZ   done
	CMPQ CX, $1
	JNE  block
	MOVQ $CHUNK_END, AX
	JMP  block

done:
	STORE
	VZEROUPPER
	RET

// func parents16(out *[16][8]uint32, in *[32][8]uint32)
TEXT ·parents16(SB), NOSPLIT, $0-16
	MOVQ out+0(FP), DI
	MOVQ in+8(FP), SI
	MOVQ $64, BX
	MOVQ $PARENT, AX
	KEY
	LOAD(64)
	STATE
	VPXORD Z12, Z12, Z12
	VPXORD Z13, Z13, Z13
	ROUNDS
	FOLD
	STORE
	VZEROUPPER
	RET
