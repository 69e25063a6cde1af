// Package fault holds no code of the bot: its tests kill, stop, cut and flood the real program
// with MariaDB and Redis behind it, and compare what residents were told with the tables.
package fault
