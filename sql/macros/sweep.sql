-- One row per row of a symmetric matrix of sums of products, after one column is swept: regressed out of all
-- others (Goodnight 1979). A column that those swept before it explain already is left out. Sweep columns 1 to k
-- of the sums of products of k regressors and a value: the last column has the coefficients of least squares, the
-- last element the sum of squares that is left, the rest the inverse of the regressors' sums.
-- param matrix DOUBLE[][] : Sums of products, a list of rows
-- param k INTEGER : Number of the column, from 1
-- example SELECT sweep([[4.0, 2.0], [2.0, 3.0]], 1)
CREATE MACRO sweep(matrix, k) AS
if(
    matrix[k][k] > 1e-9,
    [
        [
            CASE
                WHEN i = k AND j = k THEN 1 / matrix[k][k]
                WHEN i = k THEN matrix[k][j] / matrix[k][k]
                WHEN j = k THEN -matrix[i][k] / matrix[k][k]
                ELSE matrix[i][j] - matrix[i][k] * matrix[k][j] / matrix[k][k]
            END
            FOR j IN range(1, len(matrix) + 1)
        ]
        FOR i IN range(1, len(matrix) + 1)
    ],
    matrix
)
