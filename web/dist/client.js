// Millrace browser client. MIT licence. Source: web/src. Made by `make web`.
