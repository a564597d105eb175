"""Tables of text: blocks of lines, the engines that read their numbers, and the one number grammar."""
