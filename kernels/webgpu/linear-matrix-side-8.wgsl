/// Of the squares in which subgroups multiply.
const side: u32 = 8u;
